"""An untrained twin from the command line to the notes under its table."""


def test_nothing_is_said_of_a_floor_and_the_table_says_untrained(command, tmp_path):
    told = command(
        "run", "methods=arch2vec-untrained", "seeds=1", "budget=11", "workers=1", f"results={tmp_path}"
    )
    assert told.code == 0, told.err
    assert "floor" not in told.err and "its decoder" not in told.err
    words = " ".join(told.out.split())
    assert "arch2vec-untrained: a control, untrained: its weights are as they were drawn" in words
    assert "pre-trained without labels" not in words


def test_one_twin_has_one_name(study):
    names = ("arch2vec[epochs=0]", "arch2vec+gp_bo[epochs=0]", "arch2vec-untrained", "dvae+gp_bo[epochs=0]")
    assert [study(f"methods={name}", "seeds=1")[0].method for name in names] == [
        *["arch2vec-untrained"] * 3,
        "dvae-untrained",
    ]


def test_its_quality_is_not_beside_what_papers_publish_of_the_trained_one(command, tmp_path):
    told = command(
        "quality", "methods=vgae-untrained", "parts=autoencoding", "seeds=1", "sizes.cells=20",
        "sizes.encodings=1", "sizes.decodings=1", "workers=1", f"results={tmp_path}",
    )  # fmt: skip
    assert told.code == 0, told.err
    words = " ".join(told.out.split())
    assert "vgae-untrained: untrained, its weights are as they were drawn; reconstruction exact" in words
    assert "published" not in words
