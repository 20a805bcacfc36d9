# shellcheck shell=bash
# Defects of the suite hybrid: three clusters on networks of their own, each with a control plane of a revision.

variant=gateways
clusters=(cluster1 cluster2 cluster3)
sound=(H1 H2 H3 H5)
all=(gateway-object-missing remote-secret-missing injection-by-no-revision identity-not-checked)

# gateway-object-missing: nothing exposes services on the gateway of cluster2; it passes on no server name.
gateway-object-missing() {
  taken_away cluster2 gateways.networking.istio.io cross-network-gateway
  run_as_it_is H1
  mend
  expect_broken H1
}

# remote-secret-missing: cluster1 was never told of cluster2; its control plane has no endpoints there.
remote-secret-missing() {
  taken_away cluster1 secret istio-remote-secret-cluster2
  run_as_it_is H2
  mend
  expect_broken H2
}

# injection-by-no-revision: no injector of cluster2 matches the label that namespaces carry; pods have no proxy.
injection-by-no-revision() {
  taken_away cluster2 mutatingwebhookconfiguration istio-sidecar-injector-asm-1131-0
  run H3
  mend
  expect_broken H3
}

# identity-not-checked: proxies of cluster2 believe a certificate of any root; calls with a self-signed one are answered.
identity-not-checked() {
  mesh_wide cluster2 identity-not-checked
  run H5
  mend
  expect_broken H5
}
