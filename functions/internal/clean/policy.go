package clean

import (
	"fmt"

	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/dropzone"
)

// policy is a compiled policy: what becomes of a cell that has no sound value.
type policy struct {
	action contract.PolicyAction
	value  dropzone.Value // in place of the cell; absent unless the action is UseDefault
	// lastModified puts the object's last-modified there. It is not known before the object is.
	lastModified bool
}

// compilePolicy reads a policy's default, which must be a value like any other: read again, as from an
// export, it must give the same.
func (c *column) compilePolicy(p contract.Policy, typ dropzone.Type) (policy, error) {
	compiled := policy{action: p.Action}
	if p.Action != contract.UseDefault {
		return compiled, nil
	}
	v := &compiled.value
	v.Present = true
	if typ == dropzone.Timestamp && p.Default == contract.LastModified {
		compiled.lastModified = true
		return compiled, nil
	}
	var arena []byte
	cell, absent := c.read([]byte(p.Default), &arena)
	if absent {
		return policy{}, fmt.Errorf("default %q: it means no value: use null", p.Default)
	}
	if verdict := c.parse(cell, v, &arena); verdict.reason != "" || verdict.repair != "" {
		return policy{}, fmt.Errorf("default %q: it is no sound value of the column: %s%s", p.Default, verdict.reason, verdict.repair)
	}
	return compiled, nil
}

// apply puts in place of a cell what the policy says.
func (r *Rows) apply(p *policy, column int) {
	v := &r.event.Values[column]
	if *v = p.value; p.lastModified {
		v.Int = r.modified
	}
}
