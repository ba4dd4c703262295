package page

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image/png"
	"io"
	"net/http"
	"os"
	"strconv"
	"time"

	"ganlib/config"
	"ganlib/internal/printable"
	"ganlib/runs"
)

// routes lists everything that the server answers.
func (s *Server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", asset("index.html"))
	mux.HandleFunc("GET /static/{path...}", func(w http.ResponseWriter, r *http.Request) { asset(r.PathValue("path"))(w, r) })
	mux.HandleFunc("GET /api/run", s.describe)
	mux.HandleFunc("GET /api/events", s.events)
	mux.HandleFunc("GET /picture/{epoch}/{batch}", s.picture)
	mux.HandleFunc("POST /api/latent", s.action(s.latent))
	mux.HandleFunc("POST /api/pause", s.action(s.command(func(_ context.Context, l *Live) error { l.Pause(); return nil })))
	mux.HandleFunc("POST /api/resume", s.action(s.command(func(_ context.Context, l *Live) error { l.Resume(); return nil })))
	mux.HandleFunc("POST /api/checkpoint", s.action(s.command(func(ctx context.Context, l *Live) error { return l.Save(ctx) })))
	mux.HandleFunc("POST /api/stop", s.action(s.command(stop)))
	return mux
}

func stop(_ context.Context, l *Live) error {
	if !l.Stop() {
		return errors.New("page: this training cannot be stopped from here")
	}
	return nil
}

// answer writes a value as JSON.
func answer(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(v) // a client that has left needs no answer
}

// refuse answers with an error.
func refuse(w http.ResponseWriter, code int, message string) {
	answer(w, code, map[string]string{"error": printable.Text(message)})
}

// fail answers with the error of a request that was well formed.
func fail(w http.ResponseWriter, err error) {
	code := http.StatusInternalServerError
	switch {
	case errors.Is(err, ErrBusy), errors.Is(err, errFull):
		code = http.StatusServiceUnavailable
	case errors.Is(err, ErrEnded), errors.Is(err, runs.ErrNoCheckpoint):
		code = http.StatusConflict
	case errors.Is(err, context.DeadlineExceeded):
		code, err = http.StatusGatewayTimeout, fmt.Errorf("the step at hand takes longer than %v: try again", waitTimeout)
	}
	refuse(w, code, err.Error())
}

// description is what does not change while the page is open.
type description struct {
	Name    string  `json:"name"`
	Live    bool    `json:"live"`
	Preset  string  `json:"preset"`
	Variant string  `json:"variant"`
	Latent  bool    `json:"latent"` // pictures can be asked for
	Points  bool    `json:"points"` // samples are points, not images
	Uniform bool    `json:"uniform"`
	Entries []entry `json:"config"`
}

// entry is a key of the configuration.
type entry struct {
	Key   string `json:"key"`
	Value string `json:"value"`
	Doc   string `json:"doc"`
	Group string `json:"group"`
}

func (s *Server) describe(w http.ResponseWriter, _ *http.Request) {
	c := s.options.Config
	d := description{
		Name: printable.Text(s.options.Run.Name()), Live: s.options.Live != nil, Preset: c.Preset, Variant: c.Variant,
		Latent: s.options.Live != nil || s.options.Painter != nil, Points: c.ImageSize == 0, Uniform: c.ZDist == "uniform",
	}
	values := config.Map(c)
	for _, k := range config.Keys() {
		d.Entries = append(d.Entries, entry{k.Name, printable.Text(values[k.Name]), k.Doc, k.Group})
	}
	answer(w, http.StatusOK, d)
}

// events streams what is new until the client leaves, is too slow, or the run's page closes.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	c, err := s.feed.join()
	if err != nil {
		fail(w, err)
		return
	}
	defer s.feed.leave(c)
	control := http.NewResponseController(w)
	w.Header().Set("Content-Type", "text/event-stream")
	for {
		select {
		case message, ok := <-c.messages:
			if !ok {
				return
			}
			_ = control.SetWriteDeadline(time.Now().Add(s.http.WriteTimeout)) // not every writer has deadlines
			if _, err := w.Write(message); err != nil {
				return
			}
			if err := control.Flush(); err != nil {
				return
			}
		case <-r.Context().Done():
			return
		}
	}
}

// picture sends one of the run's pictures of fixed noise.
func (s *Server) picture(w http.ResponseWriter, r *http.Request) {
	m, ok := parseMoment("generated_img" + r.PathValue("epoch") + "_" + r.PathValue("batch") + ".png")
	if !ok {
		http.NotFound(w, r)
		return
	}
	paths := s.options.Run.Pictures(m.epoch, m.batch)
	for _, path := range []string{paths.FixedGrid, paths.Single} {
		file, err := os.Open(path)
		if err != nil {
			continue
		}
		defer file.Close()
		info, err := file.Stat()
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		w.Header().Set("Content-Type", "image/png")
		http.ServeContent(w, r, "", info.ModTime(), file)
		return
	}
	http.NotFound(w, r)
}

// latent makes a picture of the noise that the request's body describes.
func (s *Server) latent(w http.ResponseWriter, r *http.Request) {
	var l Latent
	if err := decode(r.Body, &l); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	if err := l.Validate(); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	ctx, cancel := wait(w, r)
	defer cancel()
	p, err := s.paint(ctx, l)
	if err != nil {
		fail(w, err)
		return
	}
	var b bytes.Buffer
	if err := png.Encode(&b, p.Image); err != nil {
		fail(w, err)
		return
	}
	w.Header().Set("Content-Type", "image/png")
	w.Header().Set("X-Ganlib-Step", strconv.FormatInt(p.Step, 10))
	_, _ = w.Write(b.Bytes())
}

// paint has the training make a picture, or the painter that stands in for it.
func (s *Server) paint(ctx context.Context, l Latent) (*Painting, error) {
	switch {
	case s.options.Live != nil:
		return s.options.Live.paint(ctx, s.options.Config, l)
	case s.options.Painter != nil:
		return s.options.Painter.Paint(ctx, l)
	}
	return nil, errors.New("page: nobody here makes pictures")
}

// command is an action on the training.
func (s *Server) command(do func(ctx context.Context, l *Live) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if s.options.Live == nil {
			refuse(w, http.StatusConflict, "page: this process does not train the run")
			return
		}
		ctx, cancel := wait(w, r)
		defer cancel()
		if err := do(ctx, s.options.Live); err != nil {
			fail(w, err)
			return
		}
		s.feed.hurry()
		answer(w, http.StatusOK, s.options.Live.State())
	}
}

// wait gives a request time until the end of a training step.
func wait(w http.ResponseWriter, r *http.Request) (context.Context, context.CancelFunc) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(waitTimeout + writeTimeout))
	return context.WithTimeout(r.Context(), waitTimeout)
}

// decode reads one JSON value that has no unknown fields and nothing after it.
func decode(r io.Reader, v any) error {
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("page: request: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("page: request: want one JSON value")
	}
	return nil
}
