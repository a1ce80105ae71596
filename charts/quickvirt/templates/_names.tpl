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

{{/* A hook of the uninstall as a Job of virt-controller's image. Call with (dict "root" $ "hook" "pre-delete" "args" (list ...)). */}}
{{- define "quickvirt.uninstallHook" -}}
{{- $name := printf "quickvirt-%s" .hook -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ $name }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "quickvirt.labels" (dict "root" .root "component" $name) | nindent 4 }}
  annotations:
    helm.sh/hook: {{ .hook }}
    helm.sh/hook-weight: "-10"
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded,hook-failed
---
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ $name }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "quickvirt.labels" (dict "root" .root "component" $name) | nindent 4 }}
  annotations:
    helm.sh/hook: {{ .hook }}
    # A Job that failed stays, so that its message can be read.
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
    helm.sh/hook-output-log-policy: hook-failed
spec:
  backoffLimit: 3
  podFailurePolicy:
    rules:
      # The hook refuses; to try again is of no use.
      - action: FailJob
        onExitCodes: { containerName: {{ .hook }}, operator: In, values: [3] }
      # The node was drained.
      - action: Ignore
        onPodConditions:
          - { type: DisruptionTarget, status: "True" }
  template:
    metadata:
      labels:
        {{- include "quickvirt.labels" (dict "root" .root "component" $name) | nindent 8 }}
    spec:
      serviceAccountName: {{ $name }}
      restartPolicy: Never
      enableServiceLinks: false
      {{- include "quickvirt.pullSecrets" .root | nindent 6 }}
      securityContext:
        runAsNonRoot: true
        runAsUser: 1001
        runAsGroup: 1001
        seccompProfile:
          type: RuntimeDefault
      {{- with .root.Values.virtController.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      tolerations:
        - key: CriticalAddonsOnly
          operator: Exists
        {{- with .root.Values.virtController.tolerations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      containers:
        - name: {{ .hook }}
          image: {{ include "quickvirt.image" (dict "root" .root "app" "virt-controller") }}
          imagePullPolicy: {{ .root.Values.image.pullPolicy }}
          args:
            - {{ .hook }}
            {{- range .args }}
            - {{ . }}
            {{- end }}
            - --timeout-seconds={{ .root.Values.uninstall.timeoutSeconds }}
            - --log-verbosity={{ .root.Values.logVerbosity }}
          env:
            {{- include "quickvirt.identityEnv" .root | nindent 12 }}
          terminationMessagePolicy: FallbackToLogsOnError
          resources:
            requests:
              cpu: 10m
              memory: 100Mi
          securityContext:
            allowPrivilegeEscalation: false
            readOnlyRootFilesystem: true
            capabilities:
              drop: [ALL]
{{- end }}
