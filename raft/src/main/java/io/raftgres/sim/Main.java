package io.raftgres.sim;
public final class Main {}
