package notice

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"eventdrop/functions/internal/dropzone"
)

// maxDepth bounds envelopes in envelopes. S3 through SNS through SQS needs five levels.
const maxDepth = 8

// collect gathers all objects under root into one message.
func collect(root node, where string) Message {
	var c collector
	c.visit(root, where, 0)
	c.Err = errors.Join(c.faults...)
	return c.Message
}

type collector struct {
	Message

	faults []error
}

// visit tells the shapes apart by the fields that only they have. The order matters: MinIO's
// wrapper has Records beside EventName and Key, and S3's test event has a Bucket.
func (c *collector) visit(n node, where string, depth int) {
	switch {
	case depth > maxDepth:
		c.fault(&MalformedError{Where: where, Found: "more than " + strconv.Itoa(maxDepth) + " envelopes in each other"})
	case n.Records != nil:
		c.visitEach(n.Records, where, depth)
	case n.S3 != nil:
		c.record(n, where)
	case n.SNS != nil:
		c.open(n.SNS.Message, join(where, "Sns.Message"), depth)
	case n.Body != nil:
		c.open(*n.Body, join(where, "body"), depth)
	case n.DetailType != "":
		c.eventBridge(n, where)
	case n.Event == "s3:TestEvent" || strings.HasPrefix(n.Type, "Subscription") || strings.HasPrefix(n.Type, "Unsubscribe"):
		c.Ignored++
	case n.Type == "Notification":
		c.open(n.Message, join(where, "Message"), depth)
	default:
		c.bare(n, where)
	}
}

func (c *collector) visitEach(elements []json.RawMessage, where string, depth int) {
	for i, raw := range elements {
		at := join(where, element("Records", i))
		if n, err := decode(raw, at); err != nil {
			c.fault(err)
		} else {
			c.visit(n, at, depth+1)
		}
	}
}

// open reads the JSON that an envelope carries as a string.
func (c *collector) open(inner, where string, depth int) {
	n, err := decode(json.RawMessage(inner), where)
	if err != nil {
		c.fault(err)
		return
	}
	c.visit(n, where, depth+1)
}

func (c *collector) record(n node, where string) {
	if !created(n.EventName) {
		c.Ignored++
		return
	}
	object := dropzone.Object{
		Bucket: n.S3.Bucket.Name, VersionID: n.S3.Object.VersionID, ETag: n.S3.Object.ETag, PreciseModified: preciseModified(n),
	}
	object.Key, object.RawKey = decodeKey(n.S3.Object.Key)
	c.add(object, n, where, "s3.bucket.name and s3.object.key")
}

// preciseModified is what MinIO, and no other store, puts into a sequencer: the nanoseconds since 1970 of the object's
// last-modified, in hexadecimal digits.
func preciseModified(n node) time.Time {
	if n.EventSource != "minio:s3" {
		return time.Time{}
	}
	nanoseconds, err := strconv.ParseInt(n.S3.Object.Sequencer, 16, 64)
	if err != nil || nanoseconds <= 0 {
		return time.Time{}
	}
	return time.Unix(0, nanoseconds).UTC()
}

// eventBridge takes keys as they are: unlike S3's own notifications, EventBridge does not encode them.
func (c *collector) eventBridge(n node, where string) {
	if n.DetailType != "Object Created" || n.Detail == nil {
		c.Ignored++
		return
	}
	found := n.Detail.Object
	object := dropzone.Object{Bucket: n.Detail.Bucket.Name, Key: found.Key, VersionID: found.VersionID, ETag: found.ETag}
	c.add(object, n, where, "detail.bucket.name and detail.object.key")
}

func (c *collector) bare(n node, where string) {
	version := n.VersionID
	if version == "" {
		version = n.VersionID2
	}
	object := dropzone.Object{Bucket: n.Bucket, Key: n.Key, VersionID: version, ETag: n.ETag}
	c.add(object, n, where, wanted)
}

// add takes an object over, or says what was expected where it has no usable name.
func (c *collector) add(object dropzone.Object, n node, where, want string) {
	if !usable(object.Bucket) || !usable(object.Key) {
		c.fault(malformed(n, where, want))
		return
	}
	object.VersionID = dropzone.NormalVersionID(token(object.VersionID))
	object.ETag = token(dropzone.NormalETag(object.ETag))
	c.Objects = append(c.Objects, object)
}

func (c *collector) fault(err error) { c.faults = append(c.faults, err) }

func element(name string, i int) string { return name + "[" + strconv.Itoa(i) + "]" }

func join(where, field string) string {
	if where == "" {
		return field
	}
	return where + "." + field
}
