// Package manifest says what a run was made of: the configuration, the data, the program and the machine of
// every stretch of its steps. It is what "made the same way" means when a run is made again, or when two runs
// are compared.
//
// A manifest has a checksum and one form only, so that a changed byte is found.
package manifest
