# shellcheck shell=bash
# Defects of the suite multi-primary: two clusters on two networks, each with a control plane of its own.

variant=gateways
clusters=(cluster1 cluster2)
sound=(M1 M2 M6 M8)
all=(remote-secret-missing other-root gateway-object-missing forgotten-rule rules-cross one-in-ten-500)

# remote-secret-missing: cluster1 was never told of cluster2; its control plane has no endpoints there.
remote-secret-missing() {
  taken_away cluster1 secret istio-remote-secret-cluster2
  run_as_it_is M1 M2
  mend
  expect_broken M1 M2
}

# other-root: cluster2 was installed with a root certificate of its own; each answers its own callers only.
other-root() {
  with_other_root cluster2
  run_as_it_is M2 M8
  mend
  expect_broken M2 M8
}

# gateway-object-missing: nothing exposes services on the gateway of cluster2; it passes on no server name.
gateway-object-missing() {
  taken_away cluster2 gateways.networking.istio.io cross-network-gateway
  run_as_it_is M2
  mend
  expect_broken M2
}

# forgotten-rule: a VirtualService in cluster1 that somebody forgot sends every call to v1.
forgotten-rule() { in_namespace both-versions-answer all-to-v1 M2 cluster1; }

# rules-cross: the same rule in both clusters, as by one pipeline for both; callers of the other mesh get it too.
rules-cross() { in_namespace routing-stays-in-its-mesh all-to-v1 M6 cluster1 cluster2; }

# one-in-ten-500: one call in ten that v2 would answer ends in 500.
one-in-ten-500() { in_namespace both-versions-answer one-in-ten-500 M2 cluster1; }
