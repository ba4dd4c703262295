"""What scripts/interchange/tensorboard.sh lets TensorBoard and Pillow say about a folder of runs."""

import csv
import io
import math
import pathlib
import struct
import sys

import numpy as np
from PIL import Image
from tensorboard.backend.event_processing import event_accumulator, event_multiplexer, plugin_event_multiplexer
from tensorboard.backend.event_processing.event_file_loader import EventFileLoader, LegacyEventFileLoader
from tensorboard.plugins.hparams import metadata as hparams_metadata
from tensorboard.util import tensor_util

work = pathlib.Path(sys.argv[1])
EVERYTHING = {event_accumulator.IMAGES: 0, event_accumulator.SCALARS: 0, event_accumulator.HISTOGRAMS: 0, event_accumulator.TENSORS: 0}
CURVES = {"criticLoss": "CriticLoss/Epochs", "criticLoss_GP": "CriticLoss_GP/Epochs", "genLoss": "GeneratorLoss/Epochs"}
PICTURES = {"real": "Real", "fake_fixed": "Fake_fixed", "fake_different": "Fake_different", "fake_singular": "Fake_singular"}


def accumulate(folder):
    """Reads a folder of event files with TensorBoard's accumulator, without its sampling."""
    a = event_accumulator.EventAccumulator(str(folder), size_guidance=EVERYTHING)
    a.Reload()
    return a


def table(run):
    with open(run / "logs" / "scalars.csv") as f:
        return list(csv.DictReader(f))


def check_run(run, starts):
    """Every number of the table and every picture of the folders is there once, at its step."""
    rows = table(run)
    steps = [int(r["step"]) for r in rows]
    assert steps == list(range(len(rows)))
    for folder, tag in CURVES.items():
        a = accumulate(run / "logs" / folder)
        assert a.Tags()["scalars"] == [tag], a.Tags()
        points = a.Scalars(tag)
        assert [p.step for p in points] == steps, (run, folder)
        column = {"criticLoss": "critic_loss", "criticLoss_GP": "critic_loss_gp", "genLoss": "generator_loss"}[folder]
        assert [np.float32(p.value) for p in points] == [np.float32(r[column]) for r in rows]
        assert all(abs(p.wall_time - points[0].wall_time) < 3600 for p in points)
        # The raw files, without what TensorBoard drops by itself, have each step once too.
        raw, begun = [], 0
        for path in sorted((run / "logs" / folder).glob("*tfevents*")):
            for e in LegacyEventFileLoader(str(path)).Load():
                begun += e.HasField("session_log")
                raw += [e.step for v in e.summary.value]
        assert raw == steps, (run, folder)
        assert begun == starts, (run, folder, begun)

    expected = [s for s in steps if s % 8 % 4 == 0]  # SAMPLE_EVERY counts within an epoch of 8
    pictures = {"fake_fixed": "generated_grid_images_fixed", "fake_different": "generated_grid_images", "fake_singular": "generated_images_fixed"}
    for folder, tag in PICTURES.items():
        a = accumulate(run / "logs" / folder)
        assert a.Tags()["images"] == [tag], a.Tags()
        images = a.Images(tag)
        assert [i.step for i in images] == expected, (run, folder, [i.step for i in images])
        for i in images:
            decoded = Image.open(io.BytesIO(i.encoded_image_string))
            decoded.load()
            assert decoded.size == (i.width, i.height)
            assert decoded.size == ((16, 16) if folder == "fake_singular" else (8 * 18 + 2, 20)), decoded.size
            if folder in pictures:
                path = run / pictures[folder] / f"generated_img{i.step // 8}_{i.step % 8}.png"
                assert path.read_bytes() == i.encoded_image_string, path
    for net, name, shape in [("generator", "gen.0.0.weight", 100 * 32 * 16), ("critic", "disc.0.weight", 8 * 3 * 16)]:
        a = accumulate(run / "logs" / net)
        for kind in ("weights", "gradients"):
            tag = f"{kind}/{name}"
            assert tag in a.Tags()["histograms"], a.Tags()
            h = a.Histograms(tag)[0].histogram_value
            assert h.num == shape == sum(h.bucket), (h.num, shape)
            assert h.bucket_limit[-1] == h.max and list(h.bucket_limit) == sorted(h.bucket_limit)
            assert h.min < 0 < h.max and h.sum_squares > 0
        assert all(len(a.Histograms(t)) >= 1 for t in a.Tags()["histograms"])


def check_text(run):
    """The text and hparams plugins find theirs."""
    m = plugin_event_multiplexer.EventMultiplexer(tensor_size_guidance={"text": 0, "hparams": 0})
    m.AddRunsFromDirectory(str(run))
    m.Reload()
    assert set(m.PluginRunToTagToContent("text")["logs"]) == {"hyperparameters", "configuration"}
    text = [tensor_util.make_ndarray(t.tensor_proto)[0].decode() for t in m.Tensors("logs", "hyperparameters")]
    assert "| BATCH_SIZE | `8` |" in text[0], text
    yaml = tensor_util.make_ndarray(m.Tensors("logs", "configuration")[0].tensor_proto)[0].decode()
    assert "\tIMAGE_SIZE: 16\n" in yaml
    content = m.PluginRunToTagToContent("hparams")["logs"][hparams_metadata.SESSION_START_INFO_TAG]
    start = hparams_metadata.parse_session_start_info_plugin_data(content)
    assert start.hparams["LEARNING_RATE"].number_value == 1e-4 and start.hparams["SHUFFLE"].bool_value
    assert start.hparams["VARIANT"].string_value == "wgan-gp" and start.start_time_secs > 1e9


def check_new_readers(run):
    """The loader behind the current web interface takes all of it too, in its own form."""
    kinds = {}
    for path in (run / "logs").rglob("*tfevents*"):
        for e in EventFileLoader(str(path)).Load():
            for v in e.summary.value:
                kinds.setdefault(v.metadata.plugin_data.plugin_name, set()).add(v.tag)
                assert v.HasField("tensor")
    assert set(kinds) == {"scalars", "images", "histograms", "text", "hparams"}, kinds
    m = event_multiplexer.EventMultiplexer().AddRunsFromDirectory(str(work / "trains"))
    m.Reload()
    assert len([r for r in m.Runs() if r.startswith("whole0/")]) == 10, m.Runs()  # logs and nine folders in it


def check_swapped(run):
    """COMPAT: log-folders, log-axis."""
    assert not list((run / "logs" / "criticLoss_GP").glob("*tfevents*"))
    a = accumulate(run / "logs" / "original_criticLoss")
    points = a.Scalars("CriticLoss_GP/Epochs")
    # 20 steps are epochs of 8, 8 and 4 batches, and five critic steps each: x is 2 an epoch, and 1 more after batch 0.
    # The accumulator keeps what shares one x, since no x falls.
    want = [e + (b > 0) for e, b in ((2 * 0 + s // 8, s % 8) for s in range(20)) for _ in range(5)]
    assert [p.step for p in points] == want, [p.step for p in points]
    assert len({p.value for p in points}) > 90


def frames(path, count, size):
    """The frames and durations of a moving picture."""
    img = Image.open(path)
    assert img.n_frames == count, (path, img.n_frames)
    out = []
    for i in range(count):
        img.seek(i)
        img.load()
        assert img.size == size, (path, img.size)
        out.append((np.asarray(img.convert("RGB")).astype(int), img.info["duration"], img.info.get("loop")))
    return out


def check_moving(run):
    walk = frames(work / "walk.png", 15, (4 * 18 + 2, 20))
    gif = frames(work / "walk.gif", 15, (4 * 18 + 2, 20))
    for (a, da, la), (b, db, lb) in zip(walk, gif):
        assert da == db == 50 and la == lb == 0, (da, db, la, lb)
        assert math.sqrt(np.mean((a - b) ** 2)) < 8, "a GIF in 256 colours is near the picture in all"
    steps = [np.abs(walk[i][0] - walk[(i + 1) % 15][0]).mean() for i in range(15)]
    assert 0 < max(steps) < 60 and steps[-1] > 0, steps
    line = frames(work / "line.apng", 11, (224, 224))
    assert line[0][1] == 67
    lapse = frames(work / "lapse.png", 10, (8 * 18 + 2, 20))
    still = frames(work / "lapse.gif", 10, (8 * 18 + 2, 20))
    assert [f[1] for f in lapse] == [100] * 9 + [1100] == [f[1] for f in still]
    pictures = sorted((run / "generated_grid_images_fixed").glob("*.png"), key=lambda p: [int(n) for n in p.stem[13:].split("_")])
    assert len(pictures) == 10
    for p, (f, _, _) in zip(pictures, lapse):
        assert (np.asarray(Image.open(p).convert("RGB")) == f).all(), p
    plot = Image.open(work / "plot.png")
    assert plot.size == (900, 4 * 260), plot.size


whole, killed = work / "trains" / "whole0", work / "trains" / "killed0"
check_run(whole, 0)
check_run(killed, 2)
check_text(whole)
check_new_readers(whole)
check_swapped(work / "trains" / "swapped0")
check_moving(whole)
print(f"TensorBoard reads {len(table(whole))} and {len(table(killed))} steps, the latter killed twice; Pillow what moves")
