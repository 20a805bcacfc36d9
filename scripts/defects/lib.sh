# shellcheck shell=bash
# What scripts/prove-on-real and the defects are written in. Sourced: `root`, `suite`, `kept`, `name` and `work` are the
# script's, `variant` and `clusters` the suite's.

manifests=$root/fixtures/defects
declare -A kubeconfig=()

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
    [ -f "$file" ] || { echo "run $kept kept no $candidate in the variant $variant" >&2; exit 2; }
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
  wait
  [ -z "$ours" ] || meshproof clean "$ours" >/dev/null || say "left behind; remove it: npx meshproof clean $ours"
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
mesh_wide() { quietly_on "$1" -n istio-system apply -f "$manifests/$2.yaml"; }
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

# taken_away CLUSTER KIND NAME [AS], put_back [AS]: an object of istio-system, or of the whole cluster.
taken_away() {
  removed_from=$1
  on "$1" -n istio-system get "$2" "$3" -o json | node "$root/scripts/strip-server-fields.js" >"$work/removed-${4:-}.json"
  quietly_on "$1" -n istio-system delete "$2" "$3"
}
put_back() { quietly_on "$removed_from" create -f "$work/removed-${1:-}.json"; }

# mesh_config CLUSTER YAML: adds fields to a control plane's MeshConfig. mesh_config_undone CLUSTER: as it was.
mesh_config() {
  config=$(on "$1" -n istio-system get configmaps -o name | grep -E '^configmap/istio(-asm-.*)?$')
  mesh_before=$(on "$1" -n istio-system get "$config" -o jsonpath='{.data.mesh}')
  set_mesh_config "$1" "$mesh_before"$'\n'"$2"
}
mesh_config_undone() { set_mesh_config "$1" "$mesh_before"; }
set_mesh_config() {
  quietly_on "$1" -n istio-system patch "$config" --type merge \
    -p "$(node -p 'JSON.stringify({ data: { mesh: process.argv[1] } })' "$2")"
}

# For mesh_config: no service has endpoints in other clusters.
services_are_local='serviceSettings: [{ settings: { clusterLocal: true }, hosts: ["*.svc.cluster.local"] }]'

# with_other_root CLUSTER: its control plane starts anew under a root of its own. root_put_back: under the one before.
with_other_root() {
  on "$1" -n istio-system get secret cacerts -o json | node "$root/scripts/strip-server-fields.js" >"$work/cacerts.json"
  (
    cd "$work"
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj '/O=Istio/CN=Another root' -keyout other.key -out other.crt \
      -addext 'keyUsage=critical,keyCertSign,cRLSign' 2>/dev/null
    on "$1" -n istio-system create secret generic cacerts --dry-run=client -o yaml --from-file=ca-cert.pem=other.crt \
      --from-file=ca-key.pem=other.key --from-file=root-cert.pem=other.crt --from-file=cert-chain.pem=other.crt >other.yaml
  )
  quietly_on "$1" -n istio-system replace -f "$work/other.yaml"
  restart_mesh "$1"
}
root_put_back() {
  quietly_on "$1" -n istio-system replace -f "$work/cacerts.json"
  restart_mesh "$1"
}
# Proxies of gateways get a certificate of the new root from an istiod that has it.
restart_mesh() {
  local which
  for which in app=istiod app!=istiod; do
    quietly_on "$1" -n istio-system rollout restart deployment -l "$which"
    quietly_on "$1" -n istio-system rollout status deployment -l "$which" --timeout=180s
  done
}
