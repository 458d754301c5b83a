/** The errors of what Weir does by the API server of Kubernetes, as `errorTexts` has them. */
export const kubernetesErrors = {
  WEIR_KUBERNETES_ANSWER: {
    meaning: 'The API server of Kubernetes answered with something unexpected.',
    cause: 'A proxy answers in its place, or the answer is larger than Weir reads.',
    remedy: 'Check the address of the API server.',
  },
  WEIR_KUBERNETES_BUSY: {
    meaning: 'The API server of Kubernetes could not fulfil a request.',
    cause: 'It answered with the status 429, or 500 and more.',
    remedy: 'Weir tries again by itself. Look at the log of the API server if it persists.',
  },
  WEIR_KUBERNETES_CONFLICT: {
    meaning: 'The API server of Kubernetes did not write an object.',
    cause: 'Another process has created or changed the object at the same time.',
    remedy: 'Weir reads the object again by itself.',
  },
  WEIR_KUBERNETES_CREDENTIALS: {
    meaning: 'This process has no credentials for the API server of Kubernetes.',
    cause: 'No ServiceAccount is mounted, a kubeconfig cannot be read, or its plugin failed.',
    remedy: 'Mount the token of the ServiceAccount, or name a kubeconfig that kubectl can use.',
  },
  WEIR_KUBERNETES_FORBIDDEN: {
    meaning: 'The API server of Kubernetes does not allow a request.',
    cause: 'No role of this process has the verb and the resource that the message names.',
    remedy: 'Add them to a Role or ClusterRole of the ServiceAccount.',
  },
  WEIR_KUBERNETES_NOT_FOUND: {
    meaning: 'The API server of Kubernetes does not have an object.',
    cause: 'It was deleted or not created yet, or the server lacks the kind.',
    remedy: 'Create the object that the message names.',
  },
  WEIR_KUBERNETES_REFUSED: {
    meaning: 'The API server of Kubernetes refused a request.',
    cause: 'The request is invalid for this server. The message has its reason.',
    remedy: 'Check that its version is one that Weir supports.',
  },
  WEIR_KUBERNETES_UNAUTHENTICATED: {
    meaning: 'The API server of Kubernetes does not accept the credentials of this process.',
    cause: 'The token has expired, or the ServiceAccount or the user was deleted.',
    remedy: 'Check the files of the ServiceAccount, or log in again.',
  },
  WEIR_KUBERNETES_UNREACHABLE: {
    meaning: 'The API server of Kubernetes did not answer.',
    cause: 'It is down, a NetworkPolicy or a firewall is in between, or its certificate is not trusted.',
    remedy: 'The message has the reason. Weir tries again by itself.',
  },
  WEIR_IDENTITY_CONTENTION: {
    meaning: 'The certificates in a cluster change all the time.',
    cause: 'Another program writes the same Secrets or the same ConfigMap.',
    remedy: 'End that program, or give it a namespace of its own.',
  },
  WEIR_IDENTITY_MISSING: {
    meaning: 'A process in a cluster has no certificate yet.',
    cause: 'The API server does not answer or allow it, or the aggregator has not made the certificates.',
    remedy: 'Look at the log of the aggregator, and at the rights of the ServiceAccount.',
  },
  WEIR_SERVICE_ADDRESS: {
    meaning: 'A Service of Kubernetes has no address to connect to.',
    cause: 'No Pod behind it is ready, or it lacks the port.',
    remedy: 'Look at the Pods of the Service, and at its ports.',
  },
} as const;
