# shellcheck shell=bash
# Defects of the suite primary-remote: cluster1 has the control plane and is in zone r1-a, cluster2 in r1-b, cluster3 in r2-a.

variant=flat
clusters=(cluster1 cluster2 cluster3)
sound=(P1 P2 P3 P4 nearest-overloaded)
all=(
  pods-out-of-reach reader-may-write injection-by-no-revision one-endpoint locality-preferred locality-ignored weights failover-missing
)

# pods-out-of-reach: a firewall lets no pod of cluster2 through to pods of cluster1; packets are lost.
pods-out-of-reach() {
  pods_out_of_reach cluster1 10.20.0.0/16 10.10.0.0/16
  run P1
  mend
  expect_broken P1
}

# reader-may-write: the account that cluster1 reads cluster2 by was made its administrator; calls are as they should be.
reader-may-write() {
  to_mend quietly_on cluster2 delete clusterrolebinding by-hand --ignore-not-found
  quietly_on cluster2 create clusterrolebinding by-hand --clusterrole cluster-admin \
    --serviceaccount istio-system:istio-reader-service-account
  run P2
  mend
  expect_broken P2
}

# injection-by-no-revision: no injector of cluster2 matches the label that namespaces carry; pods have no proxy.
injection-by-no-revision() {
  local webhooks
  webhooks=$(on cluster2 get mutatingwebhookconfigurations -l app=sidecar-injector -o name)
  for one in $webhooks; do taken_away cluster2 mutatingwebhookconfiguration "${one#*/}"; done
  run P2
  mend
  expect_broken P2
}

# one-endpoint: a default for the whole mesh keeps each caller at one endpoint; visitors see one cluster only.
one-endpoint() {
  mesh_wide cluster1 one-endpoint
  run P3
  mend
  expect_broken P3
}

# locality-preferred: a default for the whole mesh looks out for failing endpoints, and so prefers near ones.
locality-preferred() {
  mesh_wide cluster1 locality-preferred
  run P4
  mend
  expect_broken P4
}

# locality-ignored: MeshConfig switches locality off; with it asked for, callers leave their region all the same.
locality-ignored() {
  mesh_config cluster1 'localityLbSetting: { enabled: false }'
  run P4
  mend
  expect_broken P4
}

# weights: MeshConfig gives zones unequal weights; shares are not thirds.
weights() {
  mesh_config cluster1 'localityLbSetting: { distribute: [{ from: r1/r1-a/*, to: { r1/r1-a/*: 65, r1/r1-b/*: 20, r2/*: 15 } }] }'
  mesh_wide cluster1 locality-preferred
  run P4
  mend
  expect_broken P4
}

# failover-missing: MeshConfig keeps calls in the caller's zone, whatever happens there; what it cannot take is lost.
failover-missing() {
  mesh_config cluster1 'localityLbSetting: { distribute: [{ from: r1/r1-a/*, to: { r1/r1-a/*: 100 } }] }'
  run nearest-overloaded
  mend
  expect_broken P5
}
