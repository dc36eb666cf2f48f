// A plain Go server over libonnxruntime: net/http, encoding/json, one run a request. What a user writes in an hour.
package main

import (
	"encoding/json"
	"log"
	"net/http"
	"os"
	"strings"

	ort "github.com/yalue/onnxruntime_go"
)

type tensor struct {
	Name     string    `json:"name"`
	Datatype string    `json:"datatype"`
	Shape    []int64   `json:"shape"`
	Data     []float32 `json:"data"`
}

type request struct {
	ID     string   `json:"id,omitempty"`
	Inputs []tensor `json:"inputs"`
}

type response struct {
	ModelName    string   `json:"model_name"`
	ModelVersion string   `json:"model_version"`
	ID           string   `json:"id,omitempty"`
	Outputs      []tensor `json:"outputs"`
}

func main() {
	if len(os.Args) != 4 {
		log.Fatal("usage: server MODEL LIBRARY ADDRESS")
	}
	model, library, address := os.Args[1], os.Args[2], os.Args[3]
	ort.SetSharedLibraryPath(library)
	check(ort.InitializeEnvironment())
	inputs, outputs, err := ort.GetInputOutputInfo(model)
	check(err)
	options, err := ort.NewSessionOptions()
	check(err)
	check(options.SetIntraOpNumThreads(1))
	session, err := ort.NewDynamicAdvancedSession(model, []string{inputs[0].Name}, []string{outputs[0].Name}, options)
	check(err)
	outputName := outputs[0].Name

	http.HandleFunc("/v2/health/ready", func(http.ResponseWriter, *http.Request) {})
	http.HandleFunc("/v2/models/model/infer", func(w http.ResponseWriter, r *http.Request) {
		var asked request
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || len(asked.Inputs) != 1 {
			http.Error(w, "bad request", http.StatusBadRequest)
			return
		}
		in := asked.Inputs[0]
		fed, err := ort.NewTensor(ort.NewShape(in.Shape...), in.Data)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		defer fed.Destroy()
		found := []ort.Value{nil}
		if err := session.Run([]ort.Value{fed}, found); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		out := found[0].(*ort.Tensor[float32])
		defer out.Destroy()
		w.Header().Set("content-type", "application/json")
		answer := response{ModelName: "model", ModelVersion: "1", ID: asked.ID, Outputs: []tensor{
			{Name: outputName, Datatype: "FP32", Shape: out.GetShape(), Data: out.GetData()},
		}}
		if err := json.NewEncoder(w).Encode(answer); err != nil && !strings.Contains(err.Error(), "broken pipe") {
			log.Print(err)
		}
	})
	log.Fatal(http.ListenAndServe(address, nil))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
