package page

import (
	"embed"
	"mime"
	"net/http"
	"path"
)

// static is everything that a browser gets but for a run's own data.
//
//go:embed static
var static embed.FS

// types are the files that are served, since what a system's tables say of them may differ.
var types = map[string]string{
	".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
}

// asset sends an embedded file.
func asset(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		data, err := static.ReadFile("static/" + path.Clean("/" + name)[1:])
		if err != nil {
			http.NotFound(w, r)
			return
		}
		kind, ok := types[path.Ext(name)]
		if !ok {
			kind = mime.TypeByExtension(path.Ext(name))
		}
		if kind == "" {
			kind = "text/plain; charset=utf-8"
		}
		w.Header().Set("Content-Type", kind)
		_, _ = w.Write(data)
	}
}
