"""The registry over HTTP: Confluent's paths, parameters, codes and words, one file a resource."""
