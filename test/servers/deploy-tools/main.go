// Command deploy-tools renders a chart as "helm template" does, checks it as "helm lint" does, and builds a
// kustomization as "kustomize build" does. It consists of the libraries of Helm and Kustomize: the command of Helm has
// registries and databases in it, which no test needs.
//
//	deploy-tools template CHART VALUES.json
//	deploy-tools lint CHART
//	deploy-tools build KUSTOMIZATION
package main

import (
	"errors"
	"fmt"
	"os"
	"sort"
	"strings"

	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	"helm.sh/helm/v3/pkg/lint"
	"helm.sh/helm/v3/pkg/lint/support"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

const namespace = "default"

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(words []string) error {
	switch {
	case len(words) == 3 && words[0] == "template":
		return renderChart(words[1], words[2])
	case len(words) == 2 && words[0] == "lint":
		return lintChart(words[1])
	case len(words) == 2 && words[0] == "build":
		return buildKustomization(words[1])
	}
	return errors.New("expected: template CHART VALUES, lint CHART, or build KUSTOMIZATION")
}

func renderChart(path, valuesFile string) error {
	chart, err := loader.Load(path)
	if err != nil {
		return err
	}
	values, err := chartutil.ReadValuesFile(valuesFile)
	if err != nil {
		return err
	}
	release := chartutil.ReleaseOptions{Name: "weir", Namespace: namespace, Revision: 1, IsInstall: true}
	input, err := chartutil.ToRenderValues(chart, values, release, chartutil.DefaultCapabilities)
	if err != nil {
		return err
	}
	rendered, err := engine.Engine{Strict: true}.Render(chart, input)
	if err != nil {
		return err
	}
	for _, name := range sortedKeys(rendered) {
		if text := strings.TrimSpace(rendered[name]); text != "" {
			fmt.Printf("---\n# %s\n%s\n", name, text)
		}
	}
	return nil
}

func sortedKeys(texts map[string]string) []string {
	keys := make([]string, 0, len(texts))
	for key := range texts {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}

func lintChart(path string) error {
	found := lint.AllWithKubeVersion(path, nil, namespace, nil)
	var faults []error
	for _, message := range found.Messages {
		fmt.Println(message)
		if message.Severity >= support.WarningSev {
			faults = append(faults, message)
		}
	}
	return errors.Join(faults...)
}

func buildKustomization(path string) error {
	objects, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), path)
	if err != nil {
		return err
	}
	text, err := objects.AsYaml()
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(text)
	return err
}
