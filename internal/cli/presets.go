package cli

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"ganlib/config"
	"ganlib/internal/words"
)

func (a *app) presetsCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "presets [NAME]", Short: "List the systems, or print one's configuration file",
		Args: atMost(1, "a preset's name"), ValidArgs: config.Presets(),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return a.listPresets(asJSON)
			}
			c, err := config.Preset(args[0])
			if err != nil {
				return err
			}
			if asJSON {
				return a.printJSON(typed(c))
			}
			_, err = a.out.Write(config.Marshal(c))
			return err
		},
	}
	jsonFlag(cmd, &asJSON)
	return cmd
}

// presetFacts is what presets prints of each system with --json.
type presetFacts struct {
	Name            string `json:"name"`
	System          string `json:"system"`
	Variant         string `json:"variant"`
	Networks        string `json:"networks"`
	Image           string `json:"image"` // channels×height×width, or points
	GeneratorParams int    `json:"generator_params"`
	CriticParams    int    `json:"critic_params"`
	Source          string `json:"source"` // folder, mnist or points
	Dataset         string `json:"dataset"`
}

func (a *app) listPresets(asJSON bool) error {
	list, err := describePresets()
	if err != nil {
		return err
	}
	if asJSON {
		return a.printJSON(list)
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "PRESET\tVARIANT\tIMAGE\tGENERATOR\tCRITIC\tSYSTEM\tDATA")
	for _, p := range list {
		fmt.Fprintln(w, strings.Join([]string{p.Name, p.Variant, p.Image, words.Grouped(p.GeneratorParams), words.Grouped(p.CriticParams), p.System, p.Dataset}, "\t"))
	}
	return w.Flush()
}

func describePresets() ([]presetFacts, error) {
	var list []presetFacts
	for _, name := range config.Presets() {
		info, err := config.Describe(name)
		if err != nil {
			return nil, err
		}
		c, err := config.Preset(name)
		if err != nil {
			return nil, err
		}
		nets, err := metaNetworks(c)
		if err != nil {
			return nil, err
		}
		list = append(list, presetFacts{
			Name: name, System: info.System, Variant: info.Variant, Networks: info.Networks, Image: info.Image,
			GeneratorParams: nets.Generator.Summarise(1).Params, CriticParams: nets.Critic.Summarise(1).Params,
			Source: info.Source, Dataset: info.Dataset,
		})
	}
	return list, nil
}

// typed returns a configuration by key, with numbers and truth values as such.
func typed(c config.Config) map[string]any {
	texts := config.Map(c)
	values := make(map[string]any, len(texts))
	for _, key := range config.Keys() {
		text := texts[key.Name]
		values[key.Name] = text
		switch key.Type {
		case "int", "float":
			values[key.Name] = json.Number(text)
		case "bool":
			values[key.Name] = text == "true"
		case "list":
			values[key.Name] = strings.FieldsFunc(text, func(r rune) bool { return r == ',' })
			if text == "none" {
				values[key.Name] = []string{}
			}
		}
	}
	return values
}
