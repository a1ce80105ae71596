module quickvirt.dev/cluster/pause

go 1.22
