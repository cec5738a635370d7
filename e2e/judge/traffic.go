package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/anishathalye/porcupine"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/tests/v3/robustness/identity"
	"go.etcd.io/etcd/tests/v3/robustness/model"
	"go.uber.org/zap"
)

const (
	prefix         = "judge/"
	keys           = 10
	clientsPerNode = 2
	clientsOfAll   = 2
	leaseSeconds   = 7200
	requestTimeout = time.Second
	afterFailure   = 20 * time.Millisecond
)

type clients []*client

// client sends requests one after the other, and records them.
type client struct {
	etcd    *clientv3.Client
	ids     identity.Provider
	began   time.Time
	history *model.AppendableHistory
	// The newest revision that the client has heard of. It reads at past revisions near this one.
	revision int64
	lease    clientv3.LeaseID
}

// open connects the clients. Some know only one node and fail when it is killed; others know all nodes.
func open(o options) (clients, error) {
	ids := identity.NewIDProvider()
	began := time.Now()
	var targets [][]string
	for _, endpoint := range o.endpoints {
		for range clientsPerNode {
			targets = append(targets, []string{endpoint})
		}
	}
	for range clientsOfAll {
		targets = append(targets, o.endpoints)
	}
	var all clients
	for _, target := range targets {
		etcd, err := dial(target)
		if err != nil {
			all.close()
			return nil, err
		}
		all = append(all, &client{etcd: etcd, ids: ids, began: began, history: model.NewAppendableHistory(ids)})
	}
	return all, nil
}

func dial(endpoints []string) (*clientv3.Client, error) {
	return clientv3.New(clientv3.Config{Endpoints: endpoints, Logger: zap.NewNop(), DialTimeout: 5 * time.Second,
		DialKeepAliveTime: 2 * time.Second, DialKeepAliveTimeout: 2 * time.Second})
}

func (all clients) close() {
	for _, each := range all {
		each.etcd.Close()
	}
}

// requireEmpty waits for the cluster. It fails if the store was ever written to, because the model begins with an empty
// store.
func (all clients) requireEmpty(patience time.Duration) error {
	first := all[len(all)-1]
	for deadline := time.Now().Add(patience); ; {
		response, err := first.list(0, false, false)
		switch {
		case err == nil && response.Header.Revision != 1:
			return fmt.Errorf("the cluster is not new: it is at revision %d", response.Header.Revision)
		case err == nil:
			return nil
		case time.Now().After(deadline):
			return fmt.Errorf("no node responds: %w", err)
		}
		time.Sleep(afterFailure)
	}
}

func (all clients) send(o options) {
	var left atomic.Int64
	left.Store(int64(o.requests))
	deadline := time.Now().Add(o.duration)
	continues := func() bool {
		select {
		case <-o.enough:
			return false
		default:
			return time.Now().Before(deadline) && left.Add(-1) >= 0
		}
	}
	pause := time.Second * time.Duration(len(all)) / time.Duration(o.rate)
	var group sync.WaitGroup
	for _, each := range all {
		group.Go(func() {
			for err := error(nil); continues(); {
				if err == nil {
					err = each.anything()
					time.Sleep(time.Duration(rand.Int64N(int64(2 * pause))))
				} else {
					// Read until a request succeeds: many requests in a row with an unknown outcome make the judgement very slow.
					time.Sleep(afterFailure)
					_, err = each.list(0, false, false)
				}
			}
		})
	}
	group.Wait()
}

func (all clients) operations() []porcupine.Operation {
	var operations []porcupine.Operation
	for _, each := range all {
		operations = append(operations, each.history.Operations()...)
	}
	return operations
}

func (c *client) anything() error {
	var err error
	switch kind := rand.IntN(100); {
	case kind < 15:
		_, err = c.get(0)
	case kind < 25:
		_, err = c.get(c.past())
	case kind < 33:
		_, err = c.list(0, chance(30), chance(50))
	case kind < 46:
		_, err = c.list(c.past(), false, chance(60))
	case kind < 70:
		err = c.put(0)
	case kind < 75:
		err = c.delete()
	case kind < 86:
		err = c.transaction()
	case kind < 94:
		err = c.compareAndSet()
	case kind < 98:
		err = c.putWithLease()
	default:
		err = c.revoke()
	}
	return err
}

func chance(percent int) bool {
	return rand.IntN(100) < percent
}

func key() string {
	return fmt.Sprintf("%s%d", prefix, rand.IntN(keys))
}

// value returns a new value. Each value is put once, so the history shows whether a put without a response was done.
func (c *client) value() string {
	return fmt.Sprint(c.ids.NewRequestID())
}

func (c *client) past() int64 {
	return max(1, c.revision-rand.Int64N(20))
}

func (c *client) heard(revision int64) {
	c.revision = max(c.revision, revision)
}

// timed runs a request with a timeout, and returns the times of its start and end.
func (c *client) timed(request func(ctx context.Context) error) (call, end time.Duration, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), requestTimeout)
	defer cancel()
	call = time.Since(c.began)
	err = request(ctx)
	return call, time.Since(c.began), err
}

func (c *client) get(revision int64) (*clientv3.GetResponse, error) {
	name := key()
	return c.read(name, "", revision, false, false)
}

func (c *client) list(revision int64, keysOnly, stream bool) (*clientv3.GetResponse, error) {
	return c.read(prefix, clientv3.GetPrefixRangeEnd(prefix), revision, keysOnly, stream)
}

func (c *client) read(from, to string, revision int64, keysOnly, stream bool) (*clientv3.GetResponse, error) {
	options := []clientv3.OpOption{clientv3.WithRev(revision)}
	if to != "" {
		options = append(options, clientv3.WithRange(to))
	}
	if keysOnly {
		options = append(options, clientv3.WithKeysOnly())
	}
	var response *clientv3.GetResponse
	call, end, err := c.timed(func(ctx context.Context) (err error) {
		if !stream {
			response, err = c.etcd.Get(ctx, from, options...)
			return err
		}
		chunks, err := c.etcd.GetStream(ctx, from, options...)
		if err == nil {
			response, err = clientv3.GetStreamToGetResponse(chunks)
		}
		if err == nil && response.Header == nil {
			err = errors.New("the stream has no header")
		}
		return err
	})
	c.history.AppendRange(from, to, revision, 0, keysOnly, call, end, response, err)
	if err == nil {
		c.heard(response.Header.Revision)
	}
	return response, err
}

func (c *client) put(lease clientv3.LeaseID) error {
	name, value := key(), c.value()
	var response *clientv3.PutResponse
	call, end, err := c.timed(func(ctx context.Context) (err error) {
		response, err = c.etcd.Put(ctx, name, value, clientv3.WithLease(lease))
		return err
	})
	if lease == 0 {
		c.history.AppendPut(name, value, call, end, response, err)
	} else {
		c.history.AppendPutWithLease(name, value, int64(lease), call, end, response, err)
	}
	if err == nil {
		c.heard(response.Header.Revision)
	}
	return err
}

func (c *client) delete() error {
	name := key()
	var response *clientv3.DeleteResponse
	call, end, err := c.timed(func(ctx context.Context) (err error) {
		response, err = c.etcd.Delete(ctx, name)
		return err
	})
	c.history.AppendDelete(name, call, end, response, err)
	return err
}

// transaction puts at least one key, and has each key at most once.
func (c *client) transaction() error {
	order := rand.Perm(keys)
	operations := []clientv3.Op{clientv3.OpPut(fmt.Sprintf("%s%d", prefix, order[0]), c.value())}
	for _, each := range order[1 : 1+rand.IntN(4)] {
		name := fmt.Sprintf("%s%d", prefix, each)
		switch kind := rand.IntN(10); {
		case kind < 5:
			operations = append(operations, clientv3.OpGet(name))
		case kind < 8:
			operations = append(operations, clientv3.OpPut(name, c.value()))
		default:
			operations = append(operations, clientv3.OpDelete(name))
		}
	}
	rand.Shuffle(len(operations), func(i, j int) { operations[i], operations[j] = operations[j], operations[i] })
	return c.commit(nil, operations)
}

func (c *client) compareAndSet() error {
	name := key()
	response, err := c.read(name, "", 0, false, false)
	if err != nil {
		return err
	}
	expected := int64(0)
	if len(response.Kvs) > 0 {
		expected = response.Kvs[0].ModRevision
	}
	return c.commit([]clientv3.Cmp{clientv3.Compare(clientv3.ModRevision(name), "=", expected)},
		[]clientv3.Op{clientv3.OpPut(name, c.value())})
}

func (c *client) commit(compares []clientv3.Cmp, operations []clientv3.Op) error {
	var response *clientv3.TxnResponse
	call, end, err := c.timed(func(ctx context.Context) (err error) {
		response, err = c.etcd.Txn(ctx).If(compares...).Then(operations...).Commit()
		return err
	})
	c.history.AppendTxn(compares, operations, nil, call, end, response, err)
	if err == nil {
		c.heard(response.Header.Revision)
	}
	return err
}

func (c *client) putWithLease() error {
	if c.lease == 0 {
		var response *clientv3.LeaseGrantResponse
		call, end, err := c.timed(func(ctx context.Context) (err error) {
			response, err = c.etcd.Grant(ctx, leaseSeconds)
			return err
		})
		c.history.AppendLeaseGrant(call, end, response, err)
		if err != nil {
			return err
		}
		c.lease = response.ID
	}
	return c.put(c.lease)
}

// revoke revokes the lease. The client does not use the lease again, even if the request fails.
func (c *client) revoke() error {
	lease := c.lease
	if lease == 0 {
		return nil
	}
	c.lease = 0
	var response *clientv3.LeaseRevokeResponse
	call, end, err := c.timed(func(ctx context.Context) (err error) {
		response, err = c.etcd.Revoke(ctx, lease)
		return err
	})
	c.history.AppendLeaseRevoke(int64(lease), call, end, response, err)
	return err
}
