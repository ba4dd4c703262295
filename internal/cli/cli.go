// Package cli is the command tree of the programs catfaces and ganlib: flags, files, signals and exit
// codes. What the commands do is done by the library's packages.
//
//	train    train a GAN; the default command of catfaces
//	sample   draw from a trained generator (also: run)
//	walk     walk through a generator's latent space, as a GIF or an animated PNG
//	neighbours  show the training images nearest to samples
//	plot     draw the curves of runs
//	timelapse   show how a run's samples developed, as a GIF or an animated PNG
//	grid     lay pictures side by side
//	view     show a run as a page in the browser
//	summary  sizes of the networks that a configuration describes
//	lint     find mistakes in a configuration
//	verify   check that a run is what it was, and train some of its steps again
//	bisect   find the first step at which two runs differ
//	presets  list the systems, or print one's configuration
//	data     look at training data, pack or fetch it
//	inspect  look into a checkpoint, or a file of another program
//	export   write a trained network for another program
//	import   make a run of another program's network
//	bench    time a training on noise
//	tune     measure how a GPU computes products the fastest
//	version  version, platform and device
//	doctor   check the computer, and say what to do
//	help     explain a command or a topic
//
// completion prints scripts for shells, and man, which is hidden, writes manual pages.
//
// Results go to standard output; lines about what is going on, progress and errors go to standard
// error. An error is one message that begins with the program's name. Exit codes are 0 for success,
// which includes a training that a signal ended and that saved everything, 1 for failure, 2 for a
// command line that cannot be understood, and 130 after an interrupt that left something undone.
//
// Read this file first, then configure.go and train.go.
package cli

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// Exit codes.
const (
	exitOK          = 0
	exitFailure     = 1
	exitUsage       = 2
	exitUnchecked   = 2 // of verify and bisect: not everything could be compared
	exitInterrupted = 130
)

// Program is one of the programs that share the command tree.
type Program struct {
	Name  string // as typed
	Short string // what it is, in one line
	Train bool   // train is what it does when no command is named
}

// Main runs the program with the process's arguments, streams and signals, and returns the exit code
// for it. The first interrupt or termination signal ends the command in an orderly way; the second
// ends the process at once, with code 130.
func (p Program) Main() int {
	// Whoever reads our output may leave; that must not end a training.
	signal.Ignore(syscall.SIGPIPE)
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // nohup asks to go on
		signal.Notify(signals, syscall.SIGHUP)
	}
	con := newConsole(os.Stderr, term.IsTerminal(int(os.Stderr.Fd())) && os.Getenv("TERM") != "dumb")
	ctx, stop := stopOnSignal(context.Background(), signals, con, os.Exit)
	defer stop()
	return p.run(ctx, os.Args[1:], os.Stdout, con)
}

// Run runs the program with the given arguments, without the program's name, and returns its exit
// code. Results go to stdout, everything else to stderr. When ctx ends so does the command, as after
// an interrupt.
func (p Program) Run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	return p.run(ctx, args, stdout, newConsole(stderr, false))
}

func (p Program) run(ctx context.Context, args []string, stdout io.Writer, con *console) int {
	root := p.command(&app{program: p, out: stdout, console: con})
	root.SetArgs(append([]string{}, args...)) // not nil, which would stand for os.Args
	root.SetOut(stdout)
	root.SetErr(con)
	cmd, err := root.ExecuteContextC(ctx)
	con.end()
	var usage *usageError
	var unchecked *uncheckedError
	switch {
	case err == nil:
		return exitOK
	case unread(err):
		return exitFailure
	case errors.As(err, &usage):
		con.fail(p.Name + ": " + err.Error() + "\nSee '" + cmd.CommandPath() + " --help'.")
		return exitUsage
	case errors.As(err, &unchecked):
		con.fail(p.Name + ": " + err.Error())
		return exitUnchecked
	case ctx.Err() != nil && errors.Is(err, context.Canceled):
		con.fail(p.Name + ": interrupted")
		return exitInterrupted
	}
	con.fail(p.Name + ": " + err.Error() + p.nextStep(cmd, err))
	return exitFailure
}

// unread reports whether an error is that who read the results has left, as head does: nobody wants to be told.
func unread(err error) bool {
	var path *fs.PathError
	return errors.As(err, &path) && path.Path == os.Stdout.Name() && errors.Is(err, syscall.EPIPE)
}

// app is what all commands of a run of the program share.
type app struct {
	program Program
	out     io.Writer // results
	console *console  // everything else
}

// command builds the command tree.
func (p Program) command(a *app) *cobra.Command {
	root := &cobra.Command{
		Use: p.Name, Short: p.Short, Version: versionLine(),
		SilenceErrors: true, SilenceUsage: true, // run reports them
		Args: commandName,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &usageError{err.Error()} })
	root.SetVersionTemplate("{{.Version}}\n")
	train := a.trainCommand()
	if p.Train {
		root.RunE, root.Long = train.RunE, p.Short+".\n\nWithout a command it trains, with these flags."
		root.Flags().AddFlagSet(train.Flags())
		root.Flags().SortFlags = false
	}
	root.AddCommand(train, a.sampleCommand(), a.summaryCommand(), a.presetsCommand(), a.dataCommand(),
		a.inspectCommand(), a.exportCommand(), a.importCommand(), a.benchCommand(), a.tuneCommand(), a.devicesCommand(), a.versionCommand())
	root.AddCommand(a.viewCommand(), a.lintCommand())
	root.AddCommand(a.verifyCommand(), a.bisectCommand())
	root.AddCommand(a.plotCommand(), a.walkCommand(), a.timelapseCommand(), a.gridCommand(), a.neighboursCommand())
	root.AddCommand(a.doctorCommand(), a.completionCommand(), a.manCommand())
	a.addHelp(root)
	completeRest(root) // of all commands: it comes last
	return root
}
