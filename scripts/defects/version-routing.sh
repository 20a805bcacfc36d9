# shellcheck shell=bash
# Defects of the suite version-routing: the page in cluster1, two versions of reviews in cluster2, no endpoint discovery.

variant=replicated
clusters=(cluster1 cluster2)
jason=jason-sees-remote-versions subset=remote-side-picks-the-subset
sound=(V1 "$subset" "$jason")
all=(remote-secret-left mutual-tls-off header-match-ignored)

# remote-secret-left: a remote secret for cluster2 was left in cluster1; calls cross before anything is routed.
remote-secret-left() {
  to_mend quietly_on cluster1 -n istio-system delete secret istio-remote-secret-cluster2 --ignore-not-found
  istioctl create-remote-secret --kubeconfig "${kubeconfig[cluster2]}" --name cluster2 \
    --server "https://$(address_of cluster2):6443" 2>/dev/null | quietly_on cluster1 apply -f -
  run V1
  mend
  expect_broken V1
}

# mutual-tls-off: a policy switches mutual TLS off in all of cluster2; calls by it get nowhere.
mutual-tls-off() {
  mesh_wide cluster2 mutual-tls-off
  run "$subset"
  mend
  expect_broken V2
}

# header-match-ignored: a filter takes the header away that tells who is signed in; jason sees what all others see.
header-match-ignored() {
  mesh_wide cluster1 header-taken-away
  run "$jason"
  mend
  expect_broken V3
}
