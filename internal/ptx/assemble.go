package ptx

import (
	"fmt"
	"maps"
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
	rows := make([][]row, len(names)*len(Cards))
	err = parallel(len(rows), func(i int) (err error) {
		rows[i], err = assemble(names[i/len(Cards)], i%len(Cards), ptxas, filepath.Join(scratch, strconv.Itoa(i)))
		return err
	})
	if err != nil {
		return "", err
	}
	kernels := map[string][]string{} // cells by kernel
	for i, list := range rows {
		for _, r := range list {
			if kernels[r.kernel] == nil {
				kernels[r.kernel] = make([]string, len(Cards))
			}
			kernels[r.kernel][i%len(Cards)] = r.cell
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "| module | target | kernel | %s |\n|%s\n", strings.Join(Cards, " | "), strings.Repeat(" --- |", 3+len(Cards)))
	for _, key := range slices.Sorted(maps.Keys(kernels)) {
		fmt.Fprintf(&b, "| %s | %s |\n", key, strings.Join(kernels[key], " | "))
	}
	return b.String(), nil
}

// row is what the table says of a kernel on one card.
type row struct{ kernel, cell string }

// assemble puts one module through ptxas for one of Cards, by way of files that begin with scratch. There are no rows if
// the module is not for that card.
func assemble(name string, card int, ptxas, scratch string) (rows []row, err error) {
	stem, target, _ := strings.Cut(strings.TrimSuffix(filepath.Base(name), extension), ".")
	arch := architecture(target, Cards[card])
	if arch == "" {
		return nil, nil
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("ptx: %w", err)
	}
	text, err := unpack(data)
	if err != nil {
		return nil, fmt.Errorf("ptx: %s: %w", name, err)
	}
	module := scratch + ".ptx"
	if err := os.WriteFile(module, text, 0o666); err != nil {
		return nil, fmt.Errorf("ptx: %w", err)
	}
	log, err := run(true, ptxas, "-v", "-warn-spills", "-warn-lmem-usage", "-Werror", "-arch="+arch, "-o", scratch+".cubin", module)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if strings.Contains(log, "wgmma") && strings.Contains(log, "serialized") {
		return nil, fmt.Errorf("ptx: %s on %s:\n%s", name, Cards[card], log)
	}
	threads := threadsOf(string(text))
	for _, k := range usage(log) {
		if k.local {
			return nil, fmt.Errorf("ptx: %s: %s on %s uses local memory:\n%s", name, k.name, Cards[card], log)
		}
		if threads[k.name] == 0 {
			return nil, fmt.Errorf("ptx: %s: %s has no .maxntid", name, k.name)
		}
		rows = append(rows, row{stem + " | " + target + " | " + k.name, k.cell(limitsOf[Cards[card]], threads[k.name])})
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("ptx: %s on %s: ptxas named no kernel:\n%s", name, Cards[card], log)
	}
	return rows, nil
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
