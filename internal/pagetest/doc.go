// Package pagetest opens the page of package [ganlib/page] in Chromium and does what a reader does. It is
// a module of its own, so that ganlib's needs no browser driver:
//
//	GANLIB_AXE=axe.min.js go test -C internal/pagetest -v
//
// scripts/interchange/browser.sh fetches what it needs and runs it. Further variables: GANLIB_PROGRAM, the
// program to test, instead of one built here; GANLIB_SCREENSHOTS, a folder for pictures of the page;
// GANLIB_TRAIN, how long to train before these are taken.
package pagetest
