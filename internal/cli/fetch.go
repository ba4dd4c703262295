package cli

import (
	"fmt"
	"log/slog"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"ganlib/datasets/fetch"
	"ganlib/internal/words"
)

func (a *app) dataFetchCommand() *cobra.Command {
	var o fetch.Options
	cmd := &cobra.Command{
		Use: "fetch SET", Short: "Download a published data set", Args: exactly("a data set: " + strings.Join(setNames(), ", ")),
		Long:      "Fetch downloads a published data set to where training looks for it, and checks it. A download that was\nbroken off goes on where it stopped.\n\n" + setList(),
		ValidArgs: setNames(),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.Logger = slog.New(slog.NewTextHandler(a.console, &slog.HandlerOptions{ReplaceAttr: withoutTime}))
			o.Progress = func(file string, done, total int64) {
				a.console.progress(file, done, total, func() string {
					return fmt.Sprintf("%s %s", file, part(done, total))
				})
			}
			r, err := fetch.Fetch(cmd.Context(), args[0], o)
			a.console.end()
			if err != nil {
				if cmd.Context().Err() != nil {
					a.console.printf("What has arrived is kept; the same command goes on from there.")
				}
				return err
			}
			return a.describeFetched(r)
		},
	}
	cmd.Flags().StringVar(&o.Dir, "dir", "data", "`DIR` of the data sets")
	cmd.Flags().StringVar(&o.BaseURL, "mirror", "", "`URL` of a folder with the same files, instead of the published addresses")
	return cmd
}

// describeFetched prints what was fetched, and to where.
func (a *app) describeFetched(r fetch.Result) error {
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	for _, f := range r.Files {
		how := "was there already"
		if f.Received > 0 {
			how = megabytes(f.Received) + " received"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", printable(f.Path), megabytes(f.Bytes), how)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if r.Images > 0 || len(r.Skipped) > 0 {
		if _, err := fmt.Fprintf(a.out, "%s, %d skipped\n", words.Counted(r.Images, "image"), len(r.Skipped)); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(a.out, "%s: ready in %s\nlicence: %s (%s)\n", r.Set.Name, printable(r.Dir), r.Set.Licence, r.Set.Page)
	return err
}

// part writes how much of a file, or of a number of images, is there.
func part(done, total int64) string {
	if total < 100_000 {
		return fmt.Sprintf("%d/%d", done, total)
	}
	return fmt.Sprintf("%.1f/%s", float64(done)/1e6, megabytes(total))
}

func setNames() []string {
	var names []string
	for _, s := range fetch.Sets() {
		names = append(names, s.Name)
	}
	return names
}

// setList describes the data sets, one a line.
func setList() string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, s := range fetch.Sets() {
		size := megabytes(s.Bytes)
		if !s.Open() {
			size = "by hand"
		}
		fmt.Fprintf(w, "  %s\t%s\t%s\n", s.Name, size, s.Description)
	}
	_ = w.Flush() // to memory
	return strings.TrimRight(b.String(), "\n")
}

// withoutTime leaves the time out of log lines that somebody watches.
func withoutTime(groups []string, attr slog.Attr) slog.Attr {
	if len(groups) == 0 && attr.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return attr
}
