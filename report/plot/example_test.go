package plot_test

import (
	"bytes"
	"fmt"
	"strings"

	"ganlib/report"
	"ganlib/report/plot"
)

func ExampleDraw() {
	table := `step,epoch,critic_loss,critic_loss_gp,penalty,generator_loss,images_per_s,seconds
0,0,-0.1,9.4,9.5,0.02,350.1,0.2
1,0,-1.7,5.2,6.9,0.1,351.9,0.4
2,0,-4.2,-1.1,3.1,0.3,352.2,0.6
`
	run := plot.Run{Name: "train0", Wasserstein: true}
	err := report.ReadScalars(strings.NewReader(table), func(s report.Scalars) error {
		run.Rows = append(run.Rows, s)
		return nil
	})
	if err != nil {
		fmt.Println(err)
	}
	var picture bytes.Buffer
	if err := plot.Draw(&picture, plot.SVG, []plot.Run{run}, plot.Options{}); err != nil {
		fmt.Println(err)
	}
	fmt.Println(strings.Contains(picture.String(), "Wasserstein estimate"))
	// Output: true
}
