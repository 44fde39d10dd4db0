package wiring

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"eventdrop/functions/internal/bucket"
	"eventdrop/functions/internal/clean"
	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/dropzone"
)

// maxContract bounds a contract, in bytes.
const maxContract = 1 << 20

// ContractNames are what the settings name as contracts: the default one, where they name none.
func (c *Config) ContractNames() []string {
	if strings.TrimSpace(c.Contract) == "" {
		return contract.EmbeddedNames()[:1]
	}
	var names []string
	for name := range strings.SplitSeq(c.Contract, ",") {
		names = append(names, strings.TrimSpace(name))
	}
	return names
}

// ReadContracts reads and compiles the contracts of the settings, and reports the faults of all of them.
func (c *Config) ReadContracts(ctx context.Context) ([]*clean.Cleaner, error) {
	var cleaners []*clean.Cleaner
	var contracts []*contract.Contract
	var errs []error
	for _, name := range c.ContractNames() {
		cleaner, err := c.ReadContract(ctx, name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		cleaners, contracts = append(cleaners, cleaner), append(contracts, cleaner.Contract())
	}
	errs = append(errs, contract.Together(contracts))
	return cleaners, errors.Join(errs...)
}

// ReadContract reads and compiles a contract: one that is built in, by its name, an object of the store, or a file.
func (c *Config) ReadContract(ctx context.Context, name string) (*clean.Cleaner, error) {
	rules, err := contract.Embedded(name)
	if errors.Is(err, contract.ErrNotEmbedded) {
		var text []byte
		if text, err = c.contractText(ctx, name); err == nil {
			rules, err = contract.Parse(name, text)
		}
	}
	if err != nil {
		return nil, err
	}
	return clean.Compile(rules)
}

func (c *Config) contractText(ctx context.Context, name string) ([]byte, error) {
	address, isObject := strings.CutPrefix(name, "s3://")
	var text []byte
	var err error
	switch {
	case name == "":
		err = errors.New("EVENTDROP_CONTRACT has an empty name: remove a comma")
	case isObject:
		text, err = c.objectText(ctx, address)
	default:
		text, err = fileText(name)
	}
	if err != nil {
		return nil, fmt.Errorf("read the contract %q: %w", name, err)
	}
	return text, nil
}

func fileText(name string) ([]byte, error) {
	file, err := os.Open(name) //nolint:gosec // the user names the file
	if err != nil {
		return nil, fmt.Errorf("%w (the built-in ones are %s)", err, strings.Join(contract.EmbeddedNames(), " and "))
	}
	defer file.Close()
	return bounded(file)
}

// objectText reads what the key holds now.
func (c *Config) objectText(ctx context.Context, address string) ([]byte, error) {
	bucketName, key, _ := strings.Cut(address, "/")
	if bucketName == "" || key == "" {
		return nil, errors.New("want s3://bucket/key")
	}
	store, err := c.newStore()
	if err != nil {
		return nil, err
	}
	body, err := store.Open(ctx, dropzone.Object{Bucket: bucketName, Key: key})
	if err != nil {
		return nil, contractHint(err)
	}
	defer body.Close()
	return bounded(body)
}

// contractHint gives the next step where it is the address of the contract that is wrong, not that of the bucket to watch.
func contractHint(err error) error {
	answer, ok := errors.AsType[*bucket.Error](err)
	if ok && (errors.Is(err, dropzone.ErrGone) || answer.Code == "NoSuchBucket" || answer.Code == "InvalidBucketName") {
		answer.Next = "correct the address of the contract"
	}
	return err
}

// bounded reads to the end, which vouches for the bytes.
func bounded(r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxContract+1))
	if err == nil && len(text) > maxContract {
		err = fmt.Errorf("it has more than %d bytes: a contract is smaller", maxContract)
	}
	return text, err
}
