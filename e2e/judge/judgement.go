package main

import (
	"errors"
	"fmt"
	"time"

	"github.com/anishathalye/porcupine"
	"go.etcd.io/etcd/tests/v3/robustness/model"
)

func judge(operations []porcupine.Operation, o options) error {
	began := time.Now()
	system := model.NonDeterministicModel(model.ModelKeys(operations))
	result, info := porcupine.CheckOperationsVerbose(system, operations, o.patience)
	switch result {
	case porcupine.Ok:
		fmt.Printf("judge: %d requests are linearizable; the check took %.1f s\n", len(operations),
			time.Since(began).Seconds())
		return nil
	case porcupine.Illegal:
		if err := porcupine.VisualizePath(system, info, o.picture); err != nil {
			fmt.Println("judge: the picture was not drawn:", err)
		}
		return fmt.Errorf("%w: %s shows it", errNotLinearizable, o.picture)
	default:
		return errors.New("the check for linearizability did not end in time")
	}
}
