package main

import (
	"context"
	"errors"
	"time"
)

// errExists says that the key is taken and was left as it is.
var errExists = errors.New("the key exists already")

// drop is an object on its way.
type drop struct {
	key       string
	body      []byte
	at        time.Time // nominal moment, for places that can note it
	overwrite bool      // whether a taken key may be written again
}

// place is where objects are dropped. Put stores all of the object or nothing of it, and may be called concurrently. It
// returns errExists where the key is taken. String names the place for the user.
type place interface {
	Put(ctx context.Context, d drop) error
	String() string
}
