-- How the agent fared when it sent the last upload: reports.agent_state.AgentState as JSON; NULL while none says.
ALTER TABLE sites ADD COLUMN agent_state TEXT;
