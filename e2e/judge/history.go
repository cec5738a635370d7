package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/tests/v3/robustness/model"
)

// history has all changes of the store: the events of a watch from the first revision on.
type history struct {
	events []model.WatchEvent
	// The key-value pairs after each revision. The first revision has none.
	states []map[string]model.ValueRevision
}

// readHistories reads the history from each node. It fails if two nodes have different ones.
func readHistories(ctx context.Context, endpoints []string) (*history, error) {
	var last int64
	for _, endpoint := range endpoints {
		revision, err := currentRevision(ctx, endpoint)
		if err != nil {
			return nil, err
		}
		last = max(last, revision)
	}
	var first *history
	for _, endpoint := range endpoints {
		events, err := watch(ctx, endpoint, last)
		if err != nil {
			return nil, fmt.Errorf("the history of %s was not read: %w", endpoint, err)
		}
		read, err := newHistory(events, last)
		if err != nil {
			return nil, fmt.Errorf("%w: the watch of %s: %s", errNotLinearizable, endpoint, err)
		}
		if first == nil {
			first = read
		} else if !reflect.DeepEqual(first.states, read.states) {
			return nil, fmt.Errorf("%w: the history of %s differs from that of %s", errNotLinearizable, endpoint, endpoints[0])
		}
	}
	return first, nil
}

func currentRevision(ctx context.Context, endpoint string) (int64, error) {
	etcd, err := dial([]string{endpoint})
	if err != nil {
		return 0, err
	}
	defer etcd.Close()
	for {
		once, cancel := context.WithTimeout(ctx, requestTimeout)
		response, err := etcd.Get(once, prefix)
		cancel()
		if err == nil {
			return response.Header.Revision, nil
		}
		if ctx.Err() != nil {
			return 0, fmt.Errorf("%s does not serve again: %w", endpoint, err)
		}
		time.Sleep(afterFailure)
	}
}

func watch(ctx context.Context, endpoint string, last int64) ([]model.WatchEvent, error) {
	etcd, err := dial([]string{endpoint})
	if err != nil {
		return nil, err
	}
	defer etcd.Close()
	watching, cancel := context.WithCancel(ctx)
	defer cancel()
	var events []model.WatchEvent
	if last == 1 {
		return events, nil
	}
	for response := range etcd.Watch(watching, prefix, clientv3.WithPrefix(), clientv3.WithRev(1)) {
		if err := response.Err(); err != nil {
			return nil, err
		}
		for _, event := range response.Events {
			operation := model.PutOperation
			if event.Type == clientv3.EventTypeDelete {
				operation = model.DeleteOperation
			}
			events = append(events, model.WatchEvent{PersistedEvent: model.PersistedEvent{
				Event: model.Event{Type: operation, Key: string(event.Kv.Key),
					Value: model.ToValueOrHash(string(event.Kv.Value))},
				Revision: event.Kv.ModRevision, IsCreate: event.IsCreate()},
			})
		}
		if len(events) > 0 && events[len(events)-1].Revision >= last {
			return events, nil
		}
	}
	return nil, errors.New("the watch has ended before the newest revision")
}

func newHistory(events []model.WatchEvent, last int64) (*history, error) {
	h := &history{events: events, states: []map[string]model.ValueRevision{{}, {}}}
	for _, event := range events {
		newest := int64(len(h.states) - 1)
		if event.Revision != newest && event.Revision != newest+1 {
			return nil, fmt.Errorf("revision %d follows revision %d", event.Revision, newest)
		}
		if event.Revision == newest+1 {
			h.states = append(h.states, maps.Clone(h.states[newest]))
		}
		state := h.states[event.Revision]
		if event.Type == model.DeleteOperation {
			delete(state, event.Key)
			continue
		}
		version := int64(1)
		if !event.IsCreate {
			version = state[event.Key].Version + 1
		}
		state[event.Key] = model.ValueRevision{Value: event.Value, ModRevision: event.Revision, Version: version}
	}
	if int64(len(h.states)-1) < last {
		return nil, fmt.Errorf("the watch ends at revision %d, and the store is at %d", len(h.states)-1, last)
	}
	return h, nil
}

// checkPast compares reads at past revisions with the history. The model checks only the headers of such reads.
func (h *history) checkPast(operations []porcupine.Operation) error {
	checked := 0
	for _, operation := range operations {
		request, response := operation.Input.(model.EtcdRequest), operation.Output.(model.MaybeEtcdResponse)
		if request.Type != model.Range || request.Range.Revision == 0 || response.Error != "" {
			continue
		}
		asked := request.Range
		found := []model.KeyValue{}
		state := h.states[asked.Revision]
		for _, name := range slices.Sorted(maps.Keys(state)) {
			if name == asked.Start || asked.End != "" && name >= asked.Start && name < asked.End {
				found = append(found, model.KeyValue{Key: name, ValueRevision: state[name]})
			}
		}
		expected := model.RangeResponse{KVs: found, Count: int64(len(found))}
		if !reflect.DeepEqual(expected, *response.Range) {
			return fmt.Errorf("%w: a read at revision %d should return %+v, and returned %+v", errNotLinearizable,
				asked.Revision, expected, *response.Range)
		}
		checked++
	}
	fmt.Printf("judge: %d reads at past revisions agree with the history\n", checked)
	return nil
}

// resolved uses the history to find the outcome of requests without a response. A put that is not in the history was
// not done. A put in the history was done at its revision, before any client heard of that revision or a later one.
func (h *history) resolved(operations []porcupine.Operation) []porcupine.Operation {
	putAt := map[string]int64{}
	deletedAt := map[int64]bool{}
	for _, event := range h.events {
		if event.Type == model.PutOperation {
			putAt[event.Value.Value] = event.Revision
		} else {
			deletedAt[event.Revision] = true
		}
	}
	heard := make([]int64, len(h.states)+1)
	for i := range heard {
		heard[i] = math.MaxInt64
	}
	for _, operation := range operations {
		request, response := operation.Input.(model.EtcdRequest), operation.Output.(model.MaybeEtcdResponse)
		if response.Error == "" && response.Revision > 0 && response.Revision < int64(len(heard)) {
			heard[response.Revision] = min(heard[response.Revision], operation.Return)
			if !request.IsRead() {
				delete(deletedAt, response.Revision)
			}
		}
	}
	for revision := len(heard) - 2; revision >= 0; revision-- {
		heard[revision] = min(heard[revision], heard[revision+1])
	}
	var resolved []porcupine.Operation
	unknown := 0
	for _, operation := range operations {
		request, response := operation.Input.(model.EtcdRequest), operation.Output.(model.MaybeEtcdResponse)
		if response.Error != "" {
			revision, puts := persisted(request, putAt)
			switch {
			case request.IsRead() || request.Type == model.LeaseGrant || puts && revision == 0:
				continue
			case puts:
				operation.Output = model.MaybeEtcdResponse{Persisted: true, PersistedRevision: revision}
				operation.Return = max(heard[revision], operation.Call+1)
				delete(deletedAt, revision)
			default:
				unknown++
				operation.Return = math.MaxInt64
			}
		}
		resolved = append(resolved, operation)
	}
	fmt.Printf("judge: %d revisions, %d requests, %d with an unknown outcome, which did %d deletions\n",
		len(h.states)-1, len(resolved), unknown, len(deletedAt))
	if len(deletedAt) > 0 {
		return resolved
	}
	// Every deletion belongs to a request with a response. So the requests with an unknown outcome changed nothing.
	return slices.DeleteFunc(resolved, func(operation porcupine.Operation) bool {
		return operation.Output.(model.MaybeEtcdResponse).Error != ""
	})
}

// persisted returns whether the request puts a key, and the revision of the put; 0 if the put was not done.
func persisted(request model.EtcdRequest, putAt map[string]int64) (revision int64, puts bool) {
	if request.Type != model.Txn {
		return 0, false
	}
	for _, operation := range request.Txn.AllOperations() {
		if operation.Type == model.PutOperation {
			puts = true
			revision = max(revision, putAt[operation.Put.Value.Value])
		}
	}
	return revision, puts
}
