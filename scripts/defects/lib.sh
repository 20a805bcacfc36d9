# shellcheck shell=bash
# What scripts/prove-on-real and the defects are written in. Sourced: `root`, `suite`, `kept`, `name` and `work` are the
# script's, `variant` and `clusters` the suite's.

manifests=$root/fixtures/defects
declare -A kubeconfig=()
undo=() # commands that mend what is broken now; the last one is run first

say() { printf '[%s] %s\n' "$(date +%T)" "$*"; }
meshproof() { node "$root/scripts/meshproof.js" "$@"; }

# on CLUSTER ARGUMENT…: kubectl there. inside CLUSTER COMMAND…: on its node.
on() { kubectl --kubeconfig "${kubeconfig[$1]}" "${@:2}"; }
quietly_on() { on "$@" >/dev/null; }
node_of() { echo "meshproof-$kept-$1-control-plane"; }
inside() { docker exec "$(node_of "$1")" "${@:2}"; }
address_of() { on "$1" get nodes -o jsonpath='{.items[0].status.addresses[?(@.type=="InternalIP")].address}'; }

# take_kept: the clusters of the run $kept, or of the latest that was kept. What the run deployed goes.
take_kept() {
  local runs=${XDG_STATE_HOME:-$HOME/.local/state}/meshproof/runs candidate file
  if [ "$kept" = latest ]; then
    for candidate in "$runs"/*/"$variant/${clusters[0]}-kind.log"; do kept=$(basename "${candidate%/*/*}"); done
  fi
  for candidate in "${clusters[@]}"; do
    file=$runs/$kept/$variant/$candidate.kubeconfig
    [ -f "$file" ] || { echo "run $kept kept no $candidate in the variant $variant: play it with --variant $variant --keep" >&2; exit 2; }
    kubeconfig[$candidate]=$file
    quietly_on "$candidate" delete namespaces -l meshproof.dev/run --wait=false
  done
}

# take_files FILE…: existing clusters, in the order of their names.
take_files() {
  local cluster
  for cluster in "${clusters[@]}"; do
    kubeconfig[$cluster]=${1:?"expected a kubeconfig for each of ${clusters[*]}"}
    shift
  done
}

# bring_up: clusters of our own, on which all scenarios that a defect concerns are played first.
bring_up() {
  say "bringing up $suite/$variant"
  play --provider kind --keep -- "${sound[@]}"
  kept=$id ours=$id
  [ -n "$kept" ] || return 0
  take_kept
}

remove_clusters() {
  [ -z "$ours" ] || meshproof clean "$ours" >/dev/null || say "left behind; remove it: npx meshproof clean $ours"
}

# to_mend COMMAND…: what mends, written down before anything is broken. It has to be harmless where nothing is broken yet.
to_mend() { undo+=("$(printf '%q ' "$@")"); }

# mend: runs all of them; what fails stays in the list.
mend() {
  local index left=()
  for ((index = ${#undo[@]} - 1; index >= 0; index--)); do
    eval "${undo[index]}" && continue
    left=("${undo[index]}" "${left[@]}")
    say "not mended: ${undo[index]}"
  done
  undo=("${left[@]}")
  [ ${#undo[@]} -eq 0 ]
}

# end: however the script ends. What is broken is mended, but for clusters that go away, and no key stays on disk.
end() {
  local exit_code=$?
  trap '' INT TERM
  set +e
  jobs -p | xargs -r kill 2>/dev/null
  wait
  [ -n "$ours" ] || mend || say "clusters are left broken; what they need is in $work"
  rm -f "$work"/*.key
  remove_clusters
  exit "$exit_code"
}

# play OPTION… -- SCENARIO…: plays them; leaves the exit code in $code, the run's id in $id and its report in $report.
play() {
  local options=() scenario
  while [ "$1" != -- ]; do options+=("$1"); shift; done
  shift
  for scenario in "$@"; do options+=(--scenario "$scenario"); done
  code=0
  meshproof run --suite "$suite" --variant "$variant" --out "$work/$name" "${options[@]}" >"$work/$name.log" 2>&1 || code=$?
  report=$(find "$work/$name" -name report.json -print -quit 2>/dev/null || true)
  id=$([ -z "$report" ] || basename "$(dirname "$report")")
}

# run SCENARIO…: on kept clusters gateways get their addresses and control planes their remote secrets anew.
run() {
  [ -n "$kept" ] || { run_as_it_is "$@"; return; }
  played+=("$@")
  play --provider kind --reuse "$kept" --keep -- "$@"
  [ -z "$id" ] || forget "$id"
}

# forget ID: removes what a run deployed in kept clusters, which stay.
forget() {
  local cluster
  for cluster in "${clusters[@]}"; do
    quietly_on "$cluster" delete namespaces -l "meshproof.dev/run=$1" --wait=false || true
  done
}

# run_as_it_is SCENARIO…: nothing that the mesh is made of is touched.
run_as_it_is() {
  local cluster options=()
  played+=("$@")
  for cluster in "${clusters[@]}"; do options+=(--cluster "$cluster=${kubeconfig[$cluster]}"); done
  play --provider kubeconfig "${options[@]}" -- "$@"
}

# verdicts CLAIM VERDICT: the checks of a claim that have this verdict, a line each.
verdicts() {
  [ -n "$report" ] || return 0
  node -e '
    const [file, claim, verdict] = process.argv.slice(1);
    for (const check of JSON.parse(require("node:fs").readFileSync(file, "utf8")).checks)
      if (check.claim === claim && check.verdict === verdict) console.log(`${check.id}: ${check.message.split("\n")[0]}`);
  ' "$report" "$1" "$2"
}

fail() {
  failed=$((failed + 1))
  say "FAILED $*"
  tail -n 40 "$work/$name.log" || true
}

# expect_broken CLAIM…: the run that was just made names each of the claims.
expect_broken() {
  local claim found
  [ "$code" = 1 ] || { fail "$name: expected exit 1, saw $code"; return; }
  for claim in "$@"; do
    found=$(verdicts "$claim" non-conformant)
    [ -n "$found" ] || { fail "$name: exit 1, but claim $claim is not named"; return; }
    say "  ${found%%$'\n'*}"
  done
  passed=$((passed + 1))
  say "caught: $name ($*)"
}

expect_healthy() {
  [ "$code" = 0 ] || { fail "$name: expected exit 0, saw $code"; return; }
  passed=$((passed + 1))
  say "conformant: $name"
}

# mesh_wide CLUSTER MANIFEST: applies a file of fixtures/defects to the whole mesh of a control plane. mesh_wide_undone: takes
# it away again.
mesh_wide() {
  to_mend mesh_wide_undone "$@"
  quietly_on "$1" -n istio-system apply -f "$manifests/$2.yaml"
}
mesh_wide_undone() { quietly_on "$1" -n istio-system delete --ignore-not-found -f "$manifests/$2.yaml"; }

# in_namespace_of SCENARIO-FOLDER MANIFEST CLUSTER…: applies the file in the scenario's namespace as soon as the run has made
# it. A namespace is named after the folder, as far as that fits; those of runs before do not count.
in_namespace_of() {
  local folder=$1 manifest=$2 cluster namespace before
  shift 2
  before=$(for cluster in "$@"; do namespaces_on "$cluster"; done)
  for cluster in "$@"; do
    for _ in $(seq 600); do
      namespace=$(namespaces_on "$cluster" | grep -vxF "${before:-none}" | grep -m 1 -e "-${folder:0:16}" || true)
      if [ -n "$namespace" ] && quietly_on "$cluster" -n "$namespace" apply -f "$manifests/$manifest.yaml" 2>/dev/null; then break; fi
      sleep 0.2
    done
  done
}
# in_namespace SCENARIO-FOLDER MANIFEST CLAIM CLUSTER…: a whole defect that is made while the scenario runs.
in_namespace() {
  in_namespace_of "$1" "$2" "${@:4}" &
  local making=$!
  run "$3"
  wait "$making"
  expect_broken "$3"
}
namespaces_on() { on "$1" get namespaces -l meshproof.dev/run -o name | cut -d/ -f2; }

# taken_away CLUSTER KIND NAME, put_back CLUSTER KIND NAME: an object of istio-system, or of the whole cluster.
taken_away() {
  if [ "$2" = secret ]; then
    to_mend secret_put_back "$1" "$3"
    secret_kept "$1" "$3"
  else
    stripped "$@" >"$work/removed-$2-$3.json"
    to_mend put_back "$@"
  fi
  quietly_on "$1" -n istio-system delete "$2" "$3"
}
put_back() { quietly_on "$1" -n istio-system get "$2" "$3" 2>/dev/null || quietly_on "$1" create -f "$work/removed-$2-$3.json"; }
stripped() { on "$1" -n istio-system get "$2" "$3" -o json | node "$root/scripts/strip-server-fields.js"; }

# secret_kept CLUSTER NAME, secret_put_back CLUSTER NAME: its copy is in the cluster, where it outlives this script, and not on disk.
secret_kept() {
  local object
  object=$(stripped "$1" secret "$2") || return 1
  quietly_on "$1" -n istio-system create secret generic "$2-before-defect" --from-file=object.json=/dev/stdin <<<"$object"
}
secret_put_back() {
  local copy how=create
  copy=$(on "$1" -n istio-system get secret "$2-before-defect" --ignore-not-found \
    -o go-template='{{index .data "object.json" | base64decode}}') || return 1
  [ -n "$copy" ] || return 0
  if quietly_on "$1" -n istio-system get secret "$2" 2>/dev/null; then how=replace; fi
  quietly_on "$1" -n istio-system "$how" -f - <<<"$copy" || return 1
  quietly_on "$1" -n istio-system delete secret "$2-before-defect"
}

# pods_out_of_reach CLUSTER FROM TO: its node loses packets that begin connections between two ranges of addresses.
pods_out_of_reach() {
  to_mend pods_in_reach "$@"
  firewall -I "$@"
}
pods_in_reach() { ! firewall -C "$@" 2>/dev/null || firewall -D "$@"; }
firewall() { inside "$2" iptables "$1" FORWARD -s "$3" -d "$4" -m conntrack --ctstate NEW -j DROP; }

# mesh_config CLUSTER YAML: adds fields to a control plane's MeshConfig.
mesh_config() {
  local config before
  config=$(on "$1" -n istio-system get configmaps -o name | grep -E '^configmap/istio(-asm-.*)?$')
  before=$(on "$1" -n istio-system get "$config" -o jsonpath='{.data.mesh}')
  to_mend set_mesh_config "$1" "$config" "$before"
  set_mesh_config "$1" "$config" "$before"$'\n'"$2"
}
set_mesh_config() {
  quietly_on "$1" -n istio-system patch "$2" --type merge \
    -p "$(node -p 'JSON.stringify({ data: { mesh: process.argv[1] } })' "$3")"
}

# For mesh_config: no service has endpoints in other clusters.
services_are_local='serviceSettings: [{ settings: { clusterLocal: true }, hosts: ["*.svc.cluster.local"] }]'

# with_other_root CLUSTER: its control plane starts anew under a root of its own. root_put_back: under the one before.
with_other_root() {
  to_mend root_put_back "$1"
  secret_kept "$1" cacerts
  openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj '/O=Istio/CN=Another root' -addext 'keyUsage=critical,keyCertSign,cRLSign' \
    -keyout "$work/other.key" -out "$work/other.crt" 2>/dev/null
  on "$1" -n istio-system create secret generic cacerts --dry-run=client -o yaml --from-file=ca-cert.pem="$work/other.crt" \
    --from-file=ca-key.pem="$work/other.key" --from-file=root-cert.pem="$work/other.crt" \
    --from-file=cert-chain.pem="$work/other.crt" | quietly_on "$1" -n istio-system replace -f -
  rm "$work/other.key"
  restart_mesh "$1"
}
root_put_back() { secret_put_back "$1" cacerts && restart_mesh "$1"; }
# Proxies of gateways get a certificate of the new root from an istiod that has it.
restart_mesh() {
  local which
  for which in app=istiod app!=istiod; do
    quietly_on "$1" -n istio-system rollout restart deployment -l "$which" &&
      quietly_on "$1" -n istio-system rollout status deployment -l "$which" --timeout=180s || return 1
  done
}
