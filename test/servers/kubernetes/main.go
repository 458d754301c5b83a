// One program that is etcd, kube-apiserver, kube-controller-manager or kube-proxy, as its first argument says. They
// share most packages, so one program builds and links much faster than four.
package main

import (
	"fmt"
	"os"
	"syscall"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"golang.org/x/sys/unix"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
)

var commands = map[string]func() *cobra.Command{
	"kube-apiserver":          apiserver.NewAPIServerCommand,
	"kube-controller-manager": controllermanager.NewControllerManagerCommand,
	"kube-proxy":              proxy.NewProxyCommand,
}

// The program ends with the tests, also when they are killed. The setting belongs to the main thread, where init runs.
func init() {
	if err := unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(syscall.SIGKILL), 0, 0, 0); err != nil {
		fmt.Fprintln(os.Stderr, "cannot ask for an end together with the parent process:", err)
	}
}

func main() {
	if len(os.Args) < 2 {
		os.Args = append(os.Args, "")
	}
	name, rest := os.Args[1], os.Args[2:]
	if name == "etcd" {
		etcdmain.Main(append([]string{name}, rest...))
		return
	}
	command, isKnown := commands[name]
	if !isKnown {
		fmt.Fprintf(os.Stderr, "expected etcd, kube-apiserver, kube-controller-manager or kube-proxy, got %q\n", name)
		os.Exit(2)
	}
	component := command()
	component.SetArgs(rest)
	os.Exit(cli.Run(component))
}
