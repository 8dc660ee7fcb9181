"""Pages for screens: one self-contained HTML file per benchmark, and the leaderboard over them."""
