// Package events writes and reads TensorBoard's event files, so that a training can be watched with
// TensorBoard although there is no Python in it.
//
//	f, err := events.Open("trains/train0/logs/genLoss", events.Options{})
//	err = f.Write(events.Event{Step: 7, Values: []events.Value{{Tag: "GeneratorLoss", Data: events.Scalar(0.7)}}})
//	err = f.Close()
//
// TensorBoard calls a folder of event files a run, and shows its files, ordered by their names, as one
// sequence. [Folder] writes such a sequence in files of bounded size; [Truncate] shortens it where a
// training that was stopped goes on, so that no step is there twice; [ReadFolder] and [Reader] read it.
//
// A file is a row of records (record.go), each with a protocol buffer of type tensorflow.Event
// (encode.go, decode.go). The messages are described in tensorflow/core/util/event.proto and
// tensorflow/core/framework/summary.proto of TensorFlow's repository, and written here field by field:
// only a handful is needed. Scalars, images and histograms are in the form of TensorBoard's first
// generation, which every version of it and every other reader takes; texts and hyper-parameters are
// tensors with the plugin's name.
package events
