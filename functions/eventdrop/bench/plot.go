package bench

import (
	"fmt"
	"image/color"
	"math"
	"os"
	"path/filepath"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// Plot is a picture of a result.
type Plot struct {
	Name   string  `json:"name"` // of its file, without the end
	Title  string  `json:"title"`
	X      Axis    `json:"x"`
	Y      Axis    `json:"y"`
	Curves []Curve `json:"curves"`
}

// Axis is one direction of a plot. What is to be drawn on a logarithmic one must be above 0.
type Axis struct {
	Label string `json:"label"`
	Log   bool   `json:"log"`
}

// Curve is points in the order of X.
type Curve struct {
	Name string       `json:"name"`
	XY   [][2]float64 `json:"xy"`
}

func (p *Plot) file() string { return p.Name + ".png" }

// save draws the plot into the folder.
func (p *Plot) save(folder string) error {
	picture, err := p.draw()
	if err != nil {
		return fmt.Errorf("draw %s: %w", p.Name, err)
	}
	canvas := vgimg.NewWith(vgimg.UseWH(8*vg.Inch, 4*vg.Inch), vgimg.UseDPI(110))
	picture.Draw(draw.New(canvas))
	file, err := os.Create(filepath.Join(folder, p.file())) //nolint:gosec // our own names
	if err != nil {
		return fmt.Errorf("keep a plot: %w", err)
	}
	if _, err := (vgimg.PngCanvas{Canvas: canvas}).WriteTo(file); err != nil {
		_ = file.Close() // the write failed already
		return fmt.Errorf("keep a plot: %w", err)
	}
	return file.Close()
}

func (p *Plot) draw() (*plot.Plot, error) {
	picture := plot.New()
	picture.Title.Text = p.Title
	p.X.set(&picture.X)
	p.Y.set(&picture.Y)
	picture.Legend.Top, picture.Legend.Left = true, true
	picture.Add(plotter.NewGrid())
	for i := range p.Curves {
		points := make(plotter.XYs, len(p.Curves[i].XY))
		for j, xy := range p.Curves[i].XY {
			points[j] = plotter.XY{X: xy[0], Y: xy[1]}
		}
		line, dots, err := plotter.NewLinePoints(points)
		if err != nil {
			return nil, err //nolint:wrapcheck // save says what it did
		}
		line.Width, line.Color = vg.Points(1.5), hue(i)
		dots.Shape, dots.Radius, dots.Color = draw.CircleGlyph{}, vg.Points(2), hue(i)
		if len(points) > 50 { // a line of its own
			dots.Radius = 0
		}
		picture.Add(line, dots)
		if len(p.Curves) > 1 {
			picture.Legend.Add(p.Curves[i].Name, line)
		}
	}
	if !p.Y.Log {
		picture.Y.Min = min(picture.Y.Min, 0) // else small differences look large
	}
	if n := len(p.Curves); n > 1 {
		picture.Y.Max = above(picture.Y.Min, picture.Y.Max, legendLine*float64(n), p.Y.Log)
	}
	return picture, nil
}

// legendLine is how much of an axis's length a line of the legend takes.
const legendLine = 0.08

// above is the end of an axis that leaves a part of its length free above the highest value.
func above(low, high, part float64, log bool) float64 {
	if log {
		return high * math.Pow(high/low, part/(1-part))
	}
	return high + (high-low)*part/(1-part)
}

func (a *Axis) set(axis *plot.Axis) {
	axis.Label.Text = a.Label
	if a.Log {
		axis.Scale, axis.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	}
}

// hue is the i-th colour of a palette that colour-blind people can tell apart (Okabe and Ito, 2008).
func hue(i int) color.Color {
	palette := []color.RGBA{{R: 0, G: 114, B: 178, A: 255}, {R: 213, G: 94, B: 0, A: 255}, {R: 0, G: 158, B: 115, A: 255}, {R: 204, G: 121, B: 167, A: 255}}
	return palette[i%len(palette)]
}
