#!/bin/sh
# A SLURM of one node on this machine, for the tests of cluster=slurm (tests/interop/test_slurm.py). Debian and Ubuntu;
# to be run as root, on a machine of your own: it writes /etc/slurm/slurm.conf and a key for munge.
#
#   sudo sh tools/one_node_slurm.sh          starts it (installs slurm-wlm and munge where they are missing)
#   sudo sh tools/one_node_slurm.sh stop     ends it
#
# No cgroups, no accounting: it works in a container too. Jobs share the cores; memory is what the machine has, less 1 GB.
set -eu
state=/tmp/slurm

stop() {
    for name in ctld d; do
        [ -f "$state/$name.pid" ] && kill "$(cat "$state/$name.pid")" 2>/dev/null || true
    done
}

if [ "${1:-start}" = stop ]; then
    stop
    exit 0
fi

if ! command -v slurmctld >/dev/null || ! command -v munged >/dev/null; then
    apt-get update
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends slurm-wlm munge
fi

host=$(hostname -s)
cpus=$(nproc)
memory=$(($(awk '/MemTotal/ {print $2}' /proc/meminfo) / 1024 - 1024))

mkdir -p /etc/slurm "$state/log" "$state/spool" "$state/state" /run/munge
cat >/etc/slurm/slurm.conf <<END
ClusterName=one
SlurmctldHost=$host
MpiDefault=none
ProctrackType=proctrack/linuxproc
ReturnToService=2
SlurmctldPidFile=$state/ctld.pid
SlurmdPidFile=$state/d.pid
SlurmdSpoolDir=$state/spool
StateSaveLocation=$state/state
SlurmUser=root
SwitchType=switch/none
TaskPlugin=task/none
SchedulerType=sched/backfill
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SlurmctldLogFile=$state/log/ctld.log
SlurmdLogFile=$state/log/d.log
NodeName=$host CPUs=$cpus RealMemory=$memory State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
END

if [ ! -s /etc/munge/munge.key ]; then
    dd if=/dev/urandom of=/etc/munge/munge.key bs=1024 count=1 2>/dev/null
fi
chown munge:munge /etc/munge/munge.key && chmod 400 /etc/munge/munge.key
munge -n >/dev/null 2>&1 || munged --force
slurmctld
slurmd
sleep 2
scontrol update nodename="$host" state=resume 2>/dev/null || true
sinfo
