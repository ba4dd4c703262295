# Writes python.tfevents with TensorBoard's own writer, for the reader's test. Run with a Python that has tensorboard 2.21.0 and numpy 2.4.6.
import pathlib
import shutil
import tempfile

import numpy as np
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import HistogramProto, Summary
from tensorboard.plugins.hparams import summary_v2 as hp
from tensorboard.plugins.text import metadata as text_metadata
from tensorboard.summary.writer.event_file_writer import EventFileWriter
from tensorboard.util import tensor_util

here = pathlib.Path(__file__).parent
folder = tempfile.mkdtemp()
writer = EventFileWriter(folder)


def add(step, **what):
    event = Event(step=step, wall_time=1700000000.25 + step)
    if "session" in what:
        event.session_log.status = what["session"]
    else:
        event.summary.CopyFrom(what["summary"])
    writer.add_event(event)


png = bytes([137, 80, 78, 71])  # a reader does not look inside
add(3, session=SessionLog.START)
add(3, summary=Summary(value=[Summary.Value(tag="loss", simple_value=-1.5), Summary.Value(tag="penalty", simple_value=float("nan"))]))
add(4, summary=Summary(value=[Summary.Value(tag="grid", image=Summary.Image(height=2, width=3, colorspace=3, encoded_image_string=png))]))
histogram = HistogramProto(min=-1, max=3, num=4, sum=4, sum_squares=12, bucket_limit=[0, 1, 3], bucket=[1, 2, 1])
add(5, summary=Summary(value=[Summary.Value(tag="weights", histo=histogram)]))
text = tensor_util.make_tensor_proto(np.array([b"eins", "zwölf".encode()]))
add(6, summary=Summary(value=[Summary.Value(tag="note", tensor=text, metadata=text_metadata.create_summary_metadata("note", ""))]))
add(7, summary=hp.hparams_pb({"SEED": 1.0, "SHUFFLE": True, "VARIANT": "wgan-gp"}, trial_id="t", start_time_secs=12.5))
writer.close()
(path,) = pathlib.Path(folder).glob("*tfevents*")
shutil.copy(path, here / "python.tfevents")
