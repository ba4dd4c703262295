// Package keras reads weights that Keras saved as HDF5, and gives those of the Keras-style WGAN the names and
// the order that ganlib and PyTorch have.
//
//	w, err := keras.Read(file, size)
//	tensors, err := w.WGAN()
//
// It takes the files of model.save and model.save_weights, from Keras 2 and 3: of HDF5
// (https://support.hdfgroup.org/documentation/hdf5/latest/_f_m_t3.html) that is groups as h5py makes them
// and datasets in one piece. What is stored otherwise, in chunks or compressed, is an error that says so.
// Attributes, among them the model's configuration and what was compiled, are not read.
//
// A file may come from anybody: nothing in it is run, no address is followed twice or beyond the file, what is
// read to find the datasets is bounded by 64 MB, and reading a dataset takes at most ten times its bytes, which
// the file has.
//
// Read hdf5.go, then weights.go.
package keras
