module quickvirt.dev/cluster/cni-agent

go 1.22
