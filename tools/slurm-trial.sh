#!/usr/bin/env bash
# Runs the script of `segloss benchmark --emit slurm` on a Slurm of its own: one controller and two nodes on the loopback of this machine, without
# any setting of the system's. One task is requeued by scontrol, the process of one is killed by -9, one receives the notice of a time limit, one
# diverges; the numbers must equal those of a local benchmark, bit for bit.
#   npm run build; apt-get install slurm-wlm munge; bash tools/slurm-trial.sh
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
home=$(mktemp -d "${TMPDIR:-/tmp}/slurm-trial-XXXXXX")
segloss=$root/apps/benchmark/bin/segloss.mjs
start=$(date +%s)
say() { printf '%4d s  %s\n' $(($(date +%s) - start)) "$*"; }

pids=()
finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2> /dev/null || true; done
  wait 2> /dev/null || true
  rm -rf "$home"
}
trap finish EXIT

# A cluster of its own.
port() { node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })'; }
mkdir -p "$home"/{state,spool,munge} && chmod 755 "$home" "$home/munge"
head -c 1024 /dev/urandom > "$home/munge/key" && chmod 400 "$home/munge/key"
munged --foreground --force --key-file "$home/munge/key" --socket "$home/munge/socket" --pid-file "$home/munge/pid" \
  --log-file "$home/munge/log" --seed-file "$home/munge/seed" 2> "$home/munge/stderr" &
pids+=($!)
host=$(hostname -s)
cat > "$home/slurm.conf" << CONF
ClusterName=trial
SlurmctldHost=$host(127.0.0.1)
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
SlurmctldPort=$(port)
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$home/munge/socket,cred_expire=5
StateSaveLocation=$home/state
SlurmdSpoolDir=$home/spool/%n
SlurmctldPidFile=$home/slurmctld.pid
SlurmdPidFile=$home/%n.pid
SlurmctldLogFile=$home/slurmctld.log
SlurmdLogFile=$home/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
JobCompType=jobcomp/filetxt
JobCompLoc=$home/completed
MpiDefault=none
ReturnToService=2
SlurmdParameters=config_overrides
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=2
MinJobAge=3600
NodeName=n1 NodeHostname=$host NodeAddr=127.0.0.1 Port=$(port) CPUs=1
NodeName=n2 NodeHostname=$host NodeAddr=127.0.0.1 Port=$(port) CPUs=1
PartitionName=all Nodes=n1,n2 Default=YES MaxTime=INFINITE State=UP
CONF
export SLURM_CONF=$home/slurm.conf
slurmctld -D > "$home/slurmctld.out" 2>&1 &
pids+=($!)
for node in n1 n2; do
  slurmd -D -N "$node" > "$home/$node.out" 2>&1 &
  pids+=($!)
done
until [ "$(sinfo -h -t idle -o %D 2> /dev/null)" = 2 ]; do sleep 0.5; done
say "$(scontrol --version): a controller and 2 nodes with 1 CPU each"

# Four runs, and one that diverges.
cd "$home"
cat > bench.yaml << YAML
name: bench
base: { data: { folder: demo, limit: 8, size: 32 }, model: { widths: [8, 16] }, epochs: 60, batchSize: 2, backend: wasm }
grid:
  setup:
    - { name: ce 0, loss: ce, seed: 0 }
    - { name: dice 0, loss: dice, seed: 0 }
    - { name: diverges, optimizer: { name: sgd, learningRate: 1e30 } }
    - { name: ce 1, loss: ce, seed: 1 }
    - { name: dice 1, loss: dice, seed: 1 }
YAML
submit=$(node "$segloss" benchmark -c bench.yaml --emit slurm 2> /dev/null)
say "\$ ${submit/$home/.}"
job=$(eval "$submit" | grep -o '[0-9]*$')

line() { sed -n "$(($1 + 1))p" benchmarks/bench/plan.jsonl | grep -o "\"$2\":\"[^\"]*\"" | head -1 | cut -d'"' -f4; }
folder() { echo "benchmarks/bench/runs/$(line "$1" name)-$(line "$1" id)"; }
epochs() { cat "$(folder "$1")/metrics.jsonl" 2> /dev/null | wc -l; }
trains() { until [ "$(epochs "$1")" -gt 3 ]; do sleep 0.1; done; }
state() { scontrol -o show job "${job}_$1" | grep -o "$2=[^ ]*" | cut -d= -f2; }

trains 0
scontrol requeue "${job}_0"
say "task 0: scontrol requeue after epoch $(($(epochs 0) - 2))"
trains 1
pkill -KILL -f -- "run --plan $home/benchmarks/bench/.* --index 1\$"
say "task 1: its process killed by -9 after epoch $(($(epochs 1) - 2))"
trains 3
scancel --batch --signal=USR1 "${job}_3"
say "task 3: the notice of a time limit after epoch $(($(epochs 3) - 2))"
until [ -z "$(squeue -h -j "$job" -t pending,running,completing,suspended)" ]; do sleep 0.5; done

for task in 0 1 2 3 4; do
  say "task $task: $(state $task JobState), exit code $(state $task ExitCode), requeued $(state $task Restarts) times, $(cat "$(folder $task)/STATUS"): $(line $task name)"
done
for task in 0 1 3; do
  say "the log of task $task: $(grep -m1 -E 'attempt [0-9] of|stopping' "benchmarks/bench/logs/slurm-${job}_$task.log")"
done

node "$segloss" benchmark -c bench.yaml --out local --jobs 2 > /dev/null 2>&1 || true
different=0
for task in 0 1 3 4; do
  for file in metrics.jsonl scores.json checkpoints/last.safetensors checkpoints/best.safetensors; do
    cmp "$(folder $task)/$file" "local/runs/$(line $task name)-$(line $task id)/$file" || different=$((different + 1))
  done
done
say "4 runs with 4 files each: $different differ from those of a local benchmark"
[ "$different" = 0 ]
