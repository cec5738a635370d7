// Judge sends random requests to a new cluster with etcd's own client. Then etcd's own model of a linearizable store
// and porcupine judge the responses. Another program may kill nodes meanwhile.
//
// Exit codes: 0 linearizable; 1 not linearizable; 2 not judged.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

var errNotLinearizable = errors.New("not linearizable")

type options struct {
	endpoints []string
	duration  time.Duration
	requests  int
	rate      int
	patience  time.Duration
	picture   string
	// Closing this channel stops the requests.
	enough chan struct{}
}

func main() {
	endpoints := flag.String("endpoints", "", "host:port of each node, separated by commas")
	var o options
	flag.DurationVar(&o.duration, "duration", time.Minute, "send requests for at most this time")
	flag.IntVar(&o.requests, "requests", 100_000, "send at most this number of requests")
	flag.IntVar(&o.rate, "rate", 150, "requests per second of all clients together")
	flag.DurationVar(&o.patience, "patience", 5*time.Minute, "time limit for the nodes to serve in the end, and for the judgement")
	flag.StringVar(&o.picture, "picture", "judgement.html", "file for the picture of a history that is not linearizable")
	stdin := flag.Bool("stdin", false, "stop sending requests when the standard input ends")
	flag.Parse()
	o.enough = make(chan struct{})
	if *stdin {
		go func() {
			io.Copy(io.Discard, os.Stdin)
			close(o.enough)
		}()
	}
	o.endpoints = strings.Split(*endpoints, ",")
	if *endpoints == "" || o.duration <= 0 || o.requests < 1 || o.rate < 1 {
		flag.Usage()
		os.Exit(2)
	}
	if err := run(o); err != nil {
		fmt.Fprintln(os.Stderr, "judge:", err)
		if errors.Is(err, errNotLinearizable) {
			os.Exit(1)
		}
		os.Exit(2)
	}
}

func run(o options) error {
	clients, err := open(o)
	if err != nil {
		return err
	}
	defer clients.close()
	if err := clients.requireEmpty(o.patience); err != nil {
		return err
	}
	clients.send(o)
	fmt.Println("judge: all requests are sent; the nodes' histories are read")
	ctx, cancel := context.WithTimeout(context.Background(), o.patience)
	defer cancel()
	history, err := readHistories(ctx, o.endpoints)
	if err != nil {
		return err
	}
	operations := clients.operations()
	if err := history.checkPast(operations); err != nil {
		return err
	}
	return judge(history.resolved(operations), o)
}
