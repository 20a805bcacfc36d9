# shellcheck shell=bash
# Defects of the suite ingress: cluster2 has the control plane and the gateway, cluster1 is its remote.
# The words of a defect: what is wrong, and what callers see.

variant=flat
clusters=(cluster1 cluster2)
sound=(I1 I2 I3 I4)
all=(pods-out-of-reach path-refused one-endpoint remote-starved errors subset-labels-wrong)

# pods-out-of-reach: a firewall lets no pod of cluster2 through to pods of cluster1; packets are lost.
pods-out-of-reach() {
  pods_out_of_reach cluster1 10.20.0.0/16 10.10.0.0/16
  run I1
  mend
  expect_broken I1
}

# path-refused: a policy for all gateways forgets one of the documented paths; visitors cannot sign in.
path-refused() {
  mesh_wide cluster2 path-refused
  run I2
  mend
  expect_broken I2
}

# one-endpoint: a default for the whole mesh keeps each caller at one endpoint; the page shows one version only.
one-endpoint() {
  mesh_wide cluster2 one-endpoint
  run I3
  mend
  expect_broken I3
}

# remote-starved: MeshConfig makes all services local to their cluster; v3 is never seen, and all is 200.
remote-starved() {
  mesh_config cluster2 "$services_are_local"
  run I3
  mend
  expect_broken I3
}

# errors: proxies answer 3 % of the calls that come in with 500; pages fail, or lack reviews.
errors() {
  mesh_wide cluster2 errors
  run I3
  mend
  expect_broken I3
}

# subset-labels-wrong: a pod of v1 has the label of v3; what is routed to v3 is partly answered by v1.
subset-labels-wrong() { in_namespace always-v3 v1-labelled-v3 I4 cluster2; }
