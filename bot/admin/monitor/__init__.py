"""/monitor, the weekly digest and alerts: where the feedback loop drifts."""
