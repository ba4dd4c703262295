package ptx

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Cards are the architectures that every module is assembled for.
var Cards = []string{"sm_75", "sm_80", "sm_90"}

// architecture returns what a module of a target is assembled for on a card, "" if it is not for that card. What is for
// one card only has a name that says so: sm_90a for sm_90.
func architecture(target, card string) string {
	switch own, exact := strings.CutSuffix(target, "a"); {
	case exact && own == card:
		return target
	case exact || card < target:
		return ""
	}
	return card
}

// Assemble puts every module of folder through ptxas, for each card that it is meant for, and returns a
// table of what each kernel takes there, and its occupancy. Spilled registers, local memory, wgmma that wait for each other, and warnings
// are errors.
func Assemble(folder, ptxas string) (table string, err error) {
	names, err := filepath.Glob(filepath.Join(folder, "*"+extension))
	if err != nil || len(names) == 0 {
		return "", fmt.Errorf("ptx: no modules in %s: %v", folder, err)
	}
	scratch, err := os.MkdirTemp("", "ganlib-ptx")
	if err != nil {
		return "", fmt.Errorf("ptx: %w", err)
	}
	defer os.RemoveAll(scratch)
	object, module := filepath.Join(scratch, "cubin"), filepath.Join(scratch, "ptx")
	kernels := map[string][]string{} // cells by kernel
	for _, name := range names {
		stem, target, _ := strings.Cut(strings.TrimSuffix(filepath.Base(name), extension), ".")
		data, err := os.ReadFile(name)
		if err != nil {
			return "", fmt.Errorf("ptx: %w", err)
		}
		text, err := unpack(data)
		if err != nil {
			return "", fmt.Errorf("ptx: %s: %w", name, err)
		}
		if err := os.WriteFile(module, text, 0o666); err != nil {
			return "", fmt.Errorf("ptx: %w", err)
		}
		threads := threadsOf(string(text))
		for i, card := range Cards {
			arch := architecture(target, card)
			if arch == "" {
				continue
			}
			log, err := run(true, ptxas, "-v", "-warn-spills", "-warn-lmem-usage", "-Werror", "-arch="+arch, "-o", object, module)
			if err != nil {
				return "", fmt.Errorf("%s: %w", name, err)
			}
			if strings.Contains(log, "wgmma") && strings.Contains(log, "serialized") {
				return "", fmt.Errorf("ptx: %s on %s:\n%s", name, card, log)
			}
			list := usage(log)
			if len(list) == 0 {
				return "", fmt.Errorf("ptx: %s on %s: ptxas named no kernel:\n%s", name, card, log)
			}
			for _, k := range list {
				if k.local {
					return "", fmt.Errorf("ptx: %s: %s on %s uses local memory:\n%s", name, k.name, card, log)
				}
				if threads[k.name] == 0 {
					return "", fmt.Errorf("ptx: %s: %s has no .maxntid", name, k.name)
				}
				key := stem + " | " + target + " | " + k.name
				if kernels[key] == nil {
					kernels[key] = slices.Repeat([]string{""}, len(Cards))
				}
				kernels[key][i] = k.cell(limitsOf[card], threads[k.name])
			}
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "| module | target | kernel | %s |\n|%s\n", strings.Join(Cards, " | "), strings.Repeat(" --- |", 3+len(Cards)))
	keys := make([]string, 0, len(kernels))
	for key := range kernels {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		fmt.Fprintf(&b, "| %s | %s |\n", key, strings.Join(kernels[key], " | "))
	}
	return b.String(), nil
}

// kernelUsage is what ptxas says of one kernel.
type kernelUsage struct {
	name              string
	registers, shared int
	local             bool
}

// cell is what the table says of a kernel of so many threads a block.
func (k kernelUsage) cell(l limits, threads int) string {
	s := strconv.Itoa(k.registers)
	if k.shared > 0 {
		s += fmt.Sprintf(", %d B", k.shared)
	}
	return s + fmt.Sprintf(", %d %%", l.occupancy(threads, k.registers, k.shared))
}

var (
	entryLine = regexp.MustCompile(`Compiling entry function '(\w+)'`)
	stackLine = regexp.MustCompile(`(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads`)
	usedLine  = regexp.MustCompile(`Used (\d+) registers(?:.*?(\d+) bytes smem)?`)
)

// usage reads ptxas's -v output.
func usage(log string) (list []kernelUsage) {
	for line := range strings.Lines(log) {
		if m := entryLine.FindStringSubmatch(line); m != nil {
			list = append(list, kernelUsage{name: m[1]})
		}
		if len(list) == 0 {
			continue
		}
		k := &list[len(list)-1]
		if m := stackLine.FindStringSubmatch(line); m != nil {
			k.local = k.local || m[1] != "0" || m[2] != "0" || m[3] != "0"
		}
		if m := usedLine.FindStringSubmatch(line); m != nil {
			k.registers, _ = strconv.Atoi(m[1])
			k.shared, _ = strconv.Atoi(m[2])
		}
	}
	return list
}
