package notice

import "strconv"

// queued reports whether SQS delivered the notification.
func (n node) queued() bool {
	if len(n.Records) == 0 {
		return false
	}
	first, err := decode(n.Records[0], "")
	return err == nil && first.fromQueue()
}

func (n node) fromQueue() bool {
	return n.Body != nil && (n.EventSource == "aws:sqs" || n.MessageID != "")
}

// parseQueue keeps the messages of an SQS batch apart.
func parseQueue(root node) (Notices, error) {
	batch := Notices{Queued: true, Messages: make([]Message, 0, len(root.Records))}
	for i, raw := range root.Records {
		where := element("Records", i)
		record, err := decode(raw, where)
		if err != nil {
			return Notices{}, err
		}
		// Lambda takes a failure without an id for the failure of the whole batch, so that
		// a message without one cannot be answered for.
		if !record.fromQueue() || record.MessageID == "" {
			return Notices{}, malformed(record, where, "an SQS record with messageId and body")
		}
		message := collect(record, where)
		message.ID, message.Again = record.MessageID, record.deliveredBefore()
		batch.Messages = append(batch.Messages, message)
	}
	return batch, nil
}

// deliveredBefore reads ApproximateReceiveCount, which is 1 at first. A look-alike may leave it out.
func (n node) deliveredBefore() bool {
	received, err := strconv.Atoi(n.Attributes.ReceiveCount)
	return err == nil && received > 1
}
