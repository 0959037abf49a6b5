"""The gateway's own counters, by SNMP, for an agent that isn't on the path of all traffic."""
