// Package optim holds the rules by which parameters follow their gradients: [Adam], [RMSProp] and
// [SGD].
//
// An optimiser works on two flat tensors of one shape, all values of a network and all their gradients
// (the parameters of a network lie in one allocation each), so that a step is one kernel. It keeps
// its moments in tensors of that shape on the same device, allocates nothing after it has been made,
// and belongs to one goroutine, as do the tensors it works on.
//
// Frameworks disagree on where the small number eps goes and how bias is corrected. A [Convention]
// names whose rule is meant; with the same gradients the same steps follow, to rounding.
//
// Configurations are plain structs in which zero is taken literally: start from the …Defaults
// functions. Read optimizer.go first, then adam.go.
package optim
