package main

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"
	"go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/mvccpb"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/tests/v3/robustness/identity"
	"go.etcd.io/etcd/tests/v3/robustness/model"
)

func header(revision int64) *etcdserverpb.ResponseHeader {
	return &etcdserverpb.ResponseHeader{Revision: revision}
}

// recorded returns the history of one client: two puts of a key, then a read at a past revision. lost: the second put
// has no response.
func recorded(readHeader int64, readValue string, lost bool) []porcupine.Operation {
	recorder := model.NewAppendableHistory(identity.NewIDProvider())
	recorder.AppendPut("a", "1", 1, 2, &clientv3.PutResponse{Header: header(2)}, nil)
	if lost {
		recorder.AppendPut("a", "2", 3, 4, nil, errors.New("no response"))
	} else {
		recorder.AppendPut("a", "2", 3, 4, &clientv3.PutResponse{Header: header(3)}, nil)
	}
	recorder.AppendRange("a", "", 2, 0, false, 5, 6, &clientv3.GetResponse{Header: header(readHeader), Count: 1,
		Kvs: []*mvccpb.KeyValue{{Key: []byte("a"), Value: []byte(readValue), ModRevision: 2, Version: 1}}}, nil)
	return recorder.Operations()
}

func event(value string, revision int64, creates bool) model.WatchEvent {
	return model.WatchEvent{PersistedEvent: model.PersistedEvent{Event: model.Event{Type: model.PutOperation, Key: "a",
		Value: model.ToValueOrHash(value)}, Revision: revision, IsCreate: creates}}
}

func judged(t *testing.T, operations []porcupine.Operation, events ...model.WatchEvent) error {
	t.Helper()
	history, err := newHistory(events, int64(len(events)+1))
	if err != nil {
		t.Fatal(err)
	}
	if err := history.checkPast(operations); err != nil {
		return err
	}
	return judge(history.resolved(operations), options{patience: time.Minute,
		picture: filepath.Join(t.TempDir(), "picture.html")})
}

func TestJudgement(t *testing.T) {
	first, second := event("1", 2, true), event("2", 3, false)
	for name, test := range map[string]struct {
		operations   []porcupine.Operation
		events       []model.WatchEvent
		linearizable bool
	}{
		"a read at a past revision has the current revision in its header": {recorded(3, "1", false), []model.WatchEvent{first, second}, true},
		"a header with the past revision":                                  {recorded(2, "1", false), []model.WatchEvent{first, second}, false},
		"a wrong value at the past revision":                               {recorded(3, "2", false), []model.WatchEvent{first, second}, false},
		"a put without a response was done":                                {recorded(3, "1", true), []model.WatchEvent{first, second}, true},
		"a put without a response was not done":                            {recorded(2, "1", true), []model.WatchEvent{first}, true},
	} {
		t.Run(name, func(t *testing.T) {
			err := judged(t, test.operations, test.events...)
			if test.linearizable && err != nil || !test.linearizable && !errors.Is(err, errNotLinearizable) {
				t.Fatal(err)
			}
		})
	}
	if _, err := newHistory([]model.WatchEvent{first, event("2", 4, false)}, 4); err == nil {
		t.Fatal("a revision is missing")
	}
}
