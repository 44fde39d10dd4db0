package embedded

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// progress tells a person what takes long. It is silent without a writer.
type progress struct{ w io.Writer }

// say writes one line.
func (p progress) say(text string) {
	if p.w != nil {
		_, _ = fmt.Fprintln(p.w, text) // whoever does not listen is not told
	}
}

// step announces work that takes long, and does it. On a terminal a spinner with the time that
// has passed stands there meanwhile; elsewhere it is one line.
func (p progress) step(text string, work func() error) error {
	file, ok := p.w.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		p.say(text)
		return work()
	}
	start, bar := time.Now(), spinner(file, text)
	err := work()
	_ = bar.Finish()
	if err == nil {
		p.say(fmt.Sprintf("%s: done after %s", text, time.Since(start).Round(time.Second)))
	}
	return err
}

func spinner(w io.Writer, text string) *progressbar.ProgressBar {
	const dots = 14
	return progressbar.NewOptions(-1,
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetDescription(text),
		progressbar.OptionSpinnerType(dots),
		progressbar.OptionSetElapsedTime(true),
		progressbar.OptionClearOnFinish(),
		progressbar.OptionSetRenderBlankState(true),
	)
}
