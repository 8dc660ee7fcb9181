"""Tables as cells that know their numbers, and every format that prints them."""
