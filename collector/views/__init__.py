"""The pages about the fleet: functions from a request to a page of what ``standings`` has."""
