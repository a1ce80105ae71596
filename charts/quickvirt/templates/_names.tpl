{{/* Labels of every object of the release. Call with (dict "root" $ "component" "virt-api"). */}}
{{- define "quickvirt.labels" -}}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
app.kubernetes.io/name: quickvirt
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: quickvirt
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{/* The image of an app. Call with (dict "root" $ "app" "virt-api"). */}}
{{- define "quickvirt.image" -}}
{{ .root.Values.image.registry }}/{{ .app }}:{{ .root.Values.image.tag }}
{{- end }}

{{- define "quickvirt.pullSecrets" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
{{- range . }}
  - name: {{ . }}
{{- end }}
{{- end }}
{{- end }}

{{/* Environment that tells a pod who and where it is. */}}
{{- define "quickvirt.identityEnv" -}}
- name: POD_NAME
  valueFrom: { fieldRef: { fieldPath: metadata.name } }
- name: POD_NAMESPACE
  valueFrom: { fieldRef: { fieldPath: metadata.namespace } }
- name: POD_IP
  valueFrom: { fieldRef: { fieldPath: status.podIP } }
- name: NODE_NAME
  valueFrom: { fieldRef: { fieldPath: spec.nodeName } }
{{- end }}

{{/* Replicas of one app on different nodes where there is a choice. */}}
{{- define "quickvirt.spread" -}}
podAntiAffinity:
  preferredDuringSchedulingIgnoredDuringExecution:
    - weight: 1
      podAffinityTerm:
        topologyKey: kubernetes.io/hostname
        labelSelector:
          matchLabels:
            kubevirt.io: {{ . }}
{{- end }}
