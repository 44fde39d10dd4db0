// Package notice reads notifications: JSON that says that objects were created.
//
// One tolerant parser takes what S3, its look-alikes, SQS, SNS, EventBridge and MinIO send, in any
// nesting. A notice is only a hint to look: of all that it says, only bucket, key, version id, ETag and MinIO's precise
// last-modified are taken over, and the bucket decides what is true.
//
// Start with [Parse].
package notice

import (
	"iter"

	"eventdrop/functions/internal/dropzone"
)

// Notices is what one notification announced.
type Notices struct {
	// Messages holds one message for each message of an SQS batch, in its order, and exactly one,
	// without ID, for any other notification.
	Messages []Message
	// Queued reports that SQS delivered the notification: what is answered must name the
	// messages that failed.
	Queued bool
}

// Message is the unit that a sender can deliver again.
type Message struct {
	// ID is the SQS message id, never empty where the notification was Queued.
	ID string
	// Again reports that SQS delivered the message before.
	Again bool
	// Objects are the objects that were announced as created, in their order. Each has a bucket and a key.
	Objects []dropzone.Object
	// Ignored is the number of records of other kinds: removal, tagging, restore, replication,
	// test events.
	Ignored int
	// Err says what else in the message could not be understood; the Objects beside it are good.
	// It is a [*MalformedError], or several joined.
	Err error
}

// Parse returns what a notification announces.
//
// It fails with a [*MalformedError] where raw as a whole is no notification. A fault inside it is
// reported by the message that holds it, so that one bad message does not hold back the others.
func Parse(raw []byte) (Notices, error) {
	root, err := decode(raw, "")
	if err != nil {
		return Notices{}, err
	}
	if root.queued() {
		return parseQueue(root)
	}
	message := collect(root, "")
	if message.Err != nil && len(message.Objects) == 0 && message.Ignored == 0 {
		return Notices{}, message.Err
	}
	return Notices{Messages: []Message{message}}, nil
}

// Objects yields the objects of all messages.
func (n Notices) Objects() iter.Seq[dropzone.Object] {
	return func(yield func(dropzone.Object) bool) {
		for _, message := range n.Messages {
			for _, object := range message.Objects {
				if !yield(object) {
					return
				}
			}
		}
	}
}

// Ignored returns the number of records of other kinds in all messages.
func (n Notices) Ignored() int {
	total := 0
	for _, message := range n.Messages {
		total += message.Ignored
	}
	return total
}
