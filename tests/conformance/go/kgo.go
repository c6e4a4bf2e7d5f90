// Package conformance pins the client whose own tests we run.
package conformance

import _ "github.com/twmb/franz-go/pkg/kgo"
