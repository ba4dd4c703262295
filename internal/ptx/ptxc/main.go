// Ptxc translates the CUDA kernels of a folder to PTX, and puts that through NVIDIA's assembler.
//
//	go run ganlib/internal/ptx/ptxc [-compiler clang++-19] [-out FOLDER] [FOLDER]
//	go run ganlib/internal/ptx/ptxc -ptxas PTXAS [FOLDER]      prints the table of registers
package main

import (
	"flag"
	"fmt"
	"os"

	"ganlib/internal/ptx"
)

func main() {
	compiler := flag.String("compiler", "clang++-19", "the compiler")
	out := flag.String("out", "", "the folder to write to, if not the sources'")
	ptxas := flag.String("ptxas", "", "NVIDIA's assembler: assemble what is there instead of compiling")
	flag.Parse()
	folder := "."
	if flag.NArg() > 0 {
		folder = flag.Arg(0)
	}
	if err := do(folder, *out, *compiler, *ptxas); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func do(folder, out, compiler, ptxas string) error {
	if ptxas != "" {
		table, err := ptx.Assemble(folder, ptxas)
		fmt.Print(table)
		return err
	}
	if out == "" {
		out = folder
	}
	return ptx.Build(folder, out, compiler)
}
